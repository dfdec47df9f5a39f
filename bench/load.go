package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// clients are persistent connections to a server.
type clients []*client

type client struct {
	conn net.Conn
	r    *bufio.Reader
}

// dial opens n connections to an address.
func dial(addr string, n int) (clients, error) {
	var list clients
	for range n {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			list.close()
			return nil, err
		}
		conn.SetDeadline(time.Now().Add(10 * time.Minute))
		list = append(list, &client{conn, bufio.NewReader(conn)})
	}
	return list, nil
}

func (list clients) close() {
	for _, c := range list {
		c.conn.Close()
	}
}

// send sends a request n times, spread over the connections. Each connection sends its requests one
// after another.
func (list clients) send(request string, status, n int) error {
	errs := make(chan error, len(list))
	for i, c := range list {
		share := n / len(list)
		if i < n%len(list) {
			share++
		}
		go func() { errs <- c.send(request, status, share) }()
	}
	var all []error
	for range list {
		all = append(all, <-errs)
	}
	return errors.Join(all...)
}

func (c *client) send(request string, status, n int) error {
	for range n {
		if _, err := io.WriteString(c.conn, request); err != nil {
			return err
		}
		got, err := c.read()
		if err != nil {
			return err
		}
		if got != status {
			return fmt.Errorf("status %d, want %d", got, status)
		}
	}
	return nil
}

// read reads a response and returns its status. It takes a fraction of the time of
// http.ReadResponse, so that the server and not the client is what limits the requests per second.
func (c *client) read() (status int, err error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") {
		return 0, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length := -1
	for {
		if line, err = c.r.ReadSlice('\n'); err != nil {
			return 0, err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, errors.New("a response without Content-Length, which this client does not read")
	}
	_, err = c.r.Discard(length)
	return status, err
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestREADME sends the requests of the README's curl commands, in their order, to
// a server that has just started, and compares each response with the lines below
// the command. It needs no curl; clients/readme.sh runs the same lines with it.
func TestREADME(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	url, _ := start(t)
	commands := 0
	for _, block := range strings.Split(string(b), "```console\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		for _, step := range strings.Split("\n"+block, "\n$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			commands++
			t.Run(command, func(t *testing.T) {
				got, err := runCurl(strings.ReplaceAll(command, "localhost:8080", strings.TrimPrefix(url, "http://")))
				if err != nil {
					t.Fatal(err)
				}
				if strings.TrimSpace(got) != strings.TrimSpace(want) {
					t.Errorf("got  %s\nwant %s", got, want)
				}
			})
		}
	}
	if commands < 10 {
		t.Errorf("the README has %d commands, want at least 10: has the form of its blocks changed?", commands)
	}
}

// runCurl sends the request that a curl command describes, and returns the body of
// the response, or its first lines if the command ends in "| head -n N".
func runCurl(command string) (string, error) {
	words, err := splitCommand(command)
	if err != nil {
		return "", err
	}
	words, lines, err := cutHead(words)
	if err != nil {
		return "", err
	}
	req, err := curlRequest(words)
	if err != nil {
		return "", err
	}
	res, err := http.DefaultTransport.RoundTrip(req) // curl does not follow redirects
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	if lines == 0 {
		b, err := io.ReadAll(res.Body)
		return string(b), err
	}
	var head strings.Builder
	r := bufio.NewReader(res.Body)
	for range lines {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("after %q: %w", head.String(), err)
		}
		head.WriteString(line)
	}
	return head.String(), nil
}

// splitCommand splits a command into words, as a shell does. It knows quotes of
// both kinds, and a vertical bar, and rejects whatever else a shell would interpret.
func splitCommand(command string) (words []string, err error) {
	var word strings.Builder
	inWord := false
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == ' ' && !inWord:
		case c == ' ':
			words = append(words, word.String())
			word.Reset()
			inWord = false
		case c == '\'' || c == '"':
			quoted, _, ok := strings.Cut(command[i+1:], string(c))
			if !ok {
				return nil, fmt.Errorf("%q: a quotation mark is missing", command)
			}
			if c == '"' && strings.ContainsAny(quoted, "$`\\") {
				return nil, fmt.Errorf("%q: %q is for a shell to interpret", command, quoted)
			}
			word.WriteString(quoted)
			inWord = true
			i += len(quoted) + 1
		case strings.IndexByte("$`\\&;<>()*?#~!{}[]\t\n", c) >= 0:
			return nil, fmt.Errorf("%q: %q is for a shell to interpret", command, c)
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, nil
}

// cutHead removes "| head -n N" from the end of a command and returns N, or 0 if
// the command has no pipe.
func cutHead(words []string) (rest []string, lines int, err error) {
	for i, word := range words {
		if word != "|" {
			continue
		}
		after := words[i+1:]
		if len(after) != 3 || after[0] != "head" || after[1] != "-n" {
			return nil, 0, fmt.Errorf("a pipe to %q, want one to head -n N", after)
		}
		lines, err = strconv.Atoi(after[2])
		if err == nil && lines < 1 {
			err = fmt.Errorf("head -n %d prints nothing", lines)
		}
		return words[:i], lines, err
	}
	return words, 0, nil
}

// curlRequest returns the request that a command with the options -X, -H, -d and
// -N describes.
func curlRequest(words []string) (*http.Request, error) {
	if len(words) == 0 || words[0] != "curl" {
		return nil, fmt.Errorf("%q is not a curl command", words)
	}
	var method, url string
	var data []string
	header := http.Header{}
	for i := 1; i < len(words); i++ {
		option := words[i]
		if !strings.HasPrefix(option, "-") {
			if url != "" {
				return nil, fmt.Errorf("two URLs: %q and %q", url, option)
			}
			url = option
			continue
		}
		if option == "-N" { // nothing is buffered here anyway
			continue
		}
		if i++; i == len(words) {
			return nil, fmt.Errorf("%s has no argument", option)
		}
		switch argument := words[i]; option {
		case "-X":
			method = argument
		case "-d":
			data = append(data, argument)
		case "-H":
			name, value, ok := strings.Cut(argument, ":")
			if !ok {
				return nil, fmt.Errorf("the header %q has no colon", argument)
			}
			header.Add(name, strings.TrimSpace(value))
		default:
			return nil, fmt.Errorf("the option %s is not known here", option)
		}
	}
	if method == "" && data != nil {
		method = http.MethodPost
	}
	if data != nil && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	req, err := http.NewRequest(method, "http://"+url, strings.NewReader(strings.Join(data, "&")))
	if err != nil {
		return nil, err
	}
	req.Header = header
	return req, nil
}

// TestRunCurl checks what TestREADME relies on: that a command is read as curl
// reads it, and that one which is not understood is an error.
func TestRunCurl(t *testing.T) {
	t.Parallel()
	url, _ := start(t)
	host := strings.TrimPrefix(url, "http://")
	for _, tt := range []struct {
		name, command, want string // want is part of the response; "" stands for an error
	}{
		{"GET is the default", "curl HOST/api/user", `"John Doe"`},
		{"data make it a POST", `curl HOST/api/user -H "Content-Type: application/json" -d '{"name":"Ada"}'`, `{"name":"Ada"`},
		{"data are a form by default", `curl HOST/api/user -d a=1 -d b=2`, "Unsupported Media Type"},
		{"-X sets the method", "curl -X DELETE HOST/api/user", "Method Not Allowed"},
		{"quotes hold a word together", "curl 'HOST/api/shop?a=1&b=2'", "shop: /"},
		{"escapes stay as they are", "curl HOST/api/docs/a%2Fb/c", `{"slug":["a/b","c"]}`},
		{"head ends a stream", "curl -N HOST/api/clock -H 'Last-Event-ID: 41' | head -n 2", "event: tick\nid: 42\n"},
		{"a whole body has no third line", "curl HOST/api/user | head -n 3", ""},
		{"unknown option", "curl --silent HOST/api/user", ""},
		{"option without its argument", "curl HOST/api/user -X", ""},
		{"header without a colon", "curl HOST/api/user -H nothing", ""},
		{"two URLs", "curl HOST/api/user HOST/api/shop", ""},
		{"open quotation mark", "curl 'HOST/api/user", ""},
		{"variable", "curl $HOST/api/user", ""},
		{"variable in quotation marks", `curl "$HOST/api/user"`, ""},
		{"bare ampersand", "curl HOST/api/shop?a=1&b=2", ""},
		{"pipe to another program", "curl HOST/api/user | wc -l", ""},
		{"head of no lines", "curl HOST/api/user | head -n 0", ""},
		{"another program", "wget HOST/api/user", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := runCurl(strings.ReplaceAll(tt.command, "HOST", host))
			if (err != nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("%s: got %q, error %v, want %q", tt.command, got, err, tt.want)
			}
		})
	}
}

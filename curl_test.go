package apiroute_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// runCurl sends the request that a curl command describes, and returns what curl prints: the body of
// the response or, with -i, the head and the body. The head is without the field Date, which differs
// from run to run. If the command ends in "| head -n N", the result is only the first N lines.
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
	conn, err := net.Dial("tcp", req.URL.Host) // an http.Client would not keep the order of the header
	if err != nil {
		return "", err
	}
	defer conn.Close() // ends a stream too
	if err := req.Write(conn); err != nil {
		return "", err
	}
	var received bytes.Buffer
	res, err := http.ReadResponse(bufio.NewReader(io.TeeReader(conn, &received)), req)
	if err != nil {
		return "", err
	}
	printed := io.Reader(res.Body)
	if slices.Contains(words, "-i") {
		head, _, _ := strings.Cut(received.String(), "\r\n\r\n")
		head = dateField.ReplaceAllString(head, "")
		printed = io.MultiReader(strings.NewReader(strings.ReplaceAll(head, "\r\n", "\n")+"\n\n"), res.Body)
	}
	if lines == 0 {
		b, err := io.ReadAll(printed)
		return string(b), err
	}
	var first strings.Builder
	r := bufio.NewReader(printed)
	for range lines {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("after %q: %w", first.String(), err)
		}
		first.WriteString(line)
	}
	return first.String(), nil
}

var dateField = regexp.MustCompile("\r\nDate: [^\r]*")

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

// curlRequest returns the request that a command with the options -X, -H, -u, -d, -F, -i and -N
// describes.
func curlRequest(words []string) (*http.Request, error) {
	if len(words) == 0 || words[0] != "curl" {
		return nil, fmt.Errorf("%q is not a curl command", words)
	}
	var method, url, user string
	var data []string
	var form bytes.Buffer
	parts := multipart.NewWriter(&form)
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
		if option == "-N" || option == "-i" { // nothing is buffered here anyway; runCurl acts on -i
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
		case "-F":
			if err := addPart(parts, argument); err != nil {
				return nil, err
			}
		case "-u":
			user = argument
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
	body, contentType := strings.Join(data, "&"), ""
	if data != nil {
		contentType = "application/x-www-form-urlencoded"
	}
	if form.Len() > 0 {
		parts.Close()
		body, contentType = form.String(), parts.FormDataContentType()
	}
	if method == "" && contentType != "" {
		method = http.MethodPost
	}
	if contentType != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", contentType)
	}
	req, err := http.NewRequest(method, "http://"+url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = header
	if name, password, ok := strings.Cut(user, ":"); ok {
		req.SetBasicAuth(name, password)
	}
	return req, nil
}

// formArgument matches the argument of -F: name=text or, for a file, name=text;filename=name;type=type.
var formArgument = regexp.MustCompile(`^(\w+)=([^@;][^;]*)(?:;filename=([^;]+);type=([^;]+))?$`)

// addPart adds the part of a form that an argument of -F describes.
func addPart(parts *multipart.Writer, argument string) error {
	m := formArgument.FindStringSubmatch(argument)
	if m == nil {
		return fmt.Errorf("the part %q is not known here", argument)
	}
	name, text, file, contentType := m[1], m[2], m[3], m[4]
	if file == "" {
		return parts.WriteField(name, text)
	}
	w, err := parts.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf("form-data; name=%q; filename=%q", name, file)},
		"Content-Type":        {contentType},
	})
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

// TestRunCurl checks what TestConsole relies on: that a command is read as curl reads it, and that
// one which is not understood is an error.
func TestRunCurl(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s\n%q %s\n", r.Method, r.RequestURI, r.Header["Content-Type"], body)
		if name, password, ok := r.BasicAuth(); ok {
			fmt.Fprintf(w, "user %s, password %s\n", name, password)
		}
	}))
	t.Cleanup(srv.Close)
	host := strings.TrimPrefix(srv.URL, "http://")
	for _, tt := range []struct {
		name, command, want string // want is part of the response; "" stands for an error
	}{
		{"GET is the default", "curl HOST/a", "GET /a\n[] \n"},
		{"data make it a POST", `curl HOST/a -H "Content-Type: application/json" -d '{"name":"Ada"}'`, "POST /a\n[\"application/json\"] {\"name\":\"Ada\"}\n"},
		{"data are a form by default", `curl HOST/a -d a=1 -d b=2`, "POST /a\n[\"application/x-www-form-urlencoded\"] a=1&b=2\n"},
		{"-F makes it a POST of a form", "curl -F a=1 HOST/a", "POST /a\n[\"multipart/form-data; boundary="},
		{"-F sends a text", "curl -F a=1 -F b=2 HOST/a", "form-data; name=\"b\"\r\n\r\n2\r\n"},
		{"-F sends a file", "curl -F 'a=1;filename=b.txt;type=text/plain' HOST/a", "form-data; name=\"a\"; filename=\"b.txt\"\r\nContent-Type: text/plain\r\n\r\n1\r\n"},
		{"-u sends a name and a password", "curl -u ada:opensesame HOST/a", "user ada, password opensesame\n"},
		{"-i prints the head without the date", "curl -i HOST/a", "HTTP/1.1 200 OK\nContent-Length: 11\nContent-Type: text/plain; charset=utf-8\n\nGET /a\n"},
		{"-X sets the method", "curl -X DELETE HOST/a", "DELETE /a\n"},
		{"quotes hold a word together", "curl 'HOST/a?a=1&b=2'", "GET /a?a=1&b=2\n"},
		{"escapes stay as they are", "curl HOST/a%2Fb/c", "GET /a%2Fb/c\n"},
		{"head takes the first lines", "curl -N HOST/a | head -n 1", "GET /a\n"},
		{"a whole body has no third line", "curl HOST/a | head -n 3", ""},
		{"unknown option", "curl --silent HOST/a", ""},
		{"option without its argument", "curl HOST/a -X", ""},
		{"header without a colon", "curl HOST/a -H nothing", ""},
		{"part of a form without a name", "curl -F 1 HOST/a", ""},
		{"file on the disk", "curl -F a=@b.txt HOST/a", ""},
		{"two URLs", "curl HOST/a HOST/a", ""},
		{"open quotation mark", "curl 'HOST/a", ""},
		{"variable", "curl $HOST/a", ""},
		{"variable in quotation marks", `curl "$HOST/a"`, ""},
		{"bare ampersand", "curl HOST/a?a=1&b=2", ""},
		{"pipe to another program", "curl HOST/a | wc -l", ""},
		{"head of no lines", "curl HOST/a | head -n 0", ""},
		{"another program", "wget HOST/a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := runCurl(strings.ReplaceAll(tt.command, "HOST", host))
			if (err != nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("%s: got %q, error %v, want %q", tt.command, got, err, tt.want)
			}
		})
	}
}

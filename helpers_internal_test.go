package apiroute

import (
	"io"
	"log/slog"
)

// respondOK is a handler for tests in which it does not matter.
func respondOK(req *Request, res *Response) error { return res.Text("ok") }

// quiet is a log for tests in which it does not matter.
func quiet() Option { return Logger(slog.New(slog.NewTextHandler(io.Discard, nil))) }

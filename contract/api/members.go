package main

import (
	"context"

	"example.com/apiroute"
)

// registerMembers registers what only members may use.
func registerMembers(r *apiroute.Router) {
	members := r.Group("/members", apiroute.Around(guard), apiroute.Tag("members", "For members."),
		apiroute.Security("member", `{"type":"http","scheme":"bearer"}`), apiroute.Returns[apiroute.Error](401))
	apiroute.Get(members, "/me", func(context.Context, struct{}) (Base, error) {
		return Base{1, "Ann"}, nil
	}, apiroute.Operation("me", "Shows who the client is."))
	apiroute.Put(members, "/rows/[id]", func(_ context.Context, in struct {
		intPath
		Row Row `body:"json"`
	}) (Row, error) {
		return in.Row, nil
	}, apiroute.Operation("putRow", "Sets a row."))
	keys := members.Group("/keys", apiroute.Security("key", `{"type":"apiKey","in":"header","name":"X-Key"}`))
	apiroute.Get(keys, "/all", func(context.Context, paging) ([]Slug, error) {
		return []Slug{"a"}, nil
	}, apiroute.Operation("keys", "Lists the keys."))
}

// guard rejects requests of those who are no members.
func guard(next apiroute.Handler) apiroute.Handler {
	return func(req *apiroute.Request, res *apiroute.Response) error {
		if req.Header.Get("Authorization") != "Bearer secret" {
			return apiroute.Errorf(401, "only members may use this")
		}
		return next(req, res)
	}
}

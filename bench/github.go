package main

import "strings"

// A rule is a method and a path to route. Dynamic segments are written as {x}.
type rule struct{ method, path string }

// routed is the index of the rule whose handler ran last. The handlers of a routing task only set
// it, so that the test can check that each request reaches its own route. It is for one goroutine
// at a time.
var routed int

// gitHub returns the 203 routes of GitHub's REST API, version 3, without those that some peers
// reject because of another route, such as /gists/public and /gists/{id}.
func gitHub() []rule {
	var list []rule
	for _, line := range strings.Split(strings.TrimSpace(gitHubText), "\n") {
		path, methods, _ := strings.Cut(line, " ")
		for _, method := range strings.Fields(methods) {
			list = append(list, rule{method, path})
		}
	}
	return list
}

func gitHubRequests() []message {
	var list []message
	for _, r := range gitHub() {
		list = append(list, message{method: r.method, target: r.example()})
	}
	return list
}

// example returns a path that the rule matches: its own path with values in the dynamic segments.
func (r rule) example() string {
	return strings.NewReplacer("{", "a-", "}", "-7").Replace(r.path)
}

// spell returns a path in the syntax of another library, with left and right in place of the
// braces.
func spell(path, left, right string) string {
	return strings.NewReplacer("{", left, "}", right).Replace(path)
}

// colons returns a path in the syntax of most libraries: /users/:user.
func colons(path string) string { return spell(path, ":", "") }

const gitHubText = `
/authorizations GET POST
/authorizations/{id} GET DELETE
/applications/{client}/tokens DELETE
/applications/{client}/tokens/{token} GET DELETE
/events GET
/repos/{owner}/{repo}/events GET
/networks/{owner}/{repo}/events GET
/orgs/{org}/events GET
/users/{user}/received_events GET
/users/{user}/received_events/public GET
/users/{user}/events GET
/users/{user}/events/public GET
/users/{user}/events/orgs/{org} GET
/feeds GET
/notifications GET PUT
/repos/{owner}/{repo}/notifications GET PUT
/notifications/threads/{id} GET
/notifications/threads/{id}/subscription GET PUT DELETE
/repos/{owner}/{repo}/stargazers GET
/users/{user}/starred GET
/user/starred GET
/user/starred/{owner}/{repo} GET PUT DELETE
/repos/{owner}/{repo}/subscribers GET
/users/{user}/subscriptions GET
/user/subscriptions GET
/repos/{owner}/{repo}/subscription GET PUT DELETE
/user/subscriptions/{owner}/{repo} GET PUT DELETE
/users/{user}/gists GET
/gists GET POST
/gists/{id} GET DELETE
/gists/{id}/star PUT DELETE GET
/gists/{id}/forks POST
/repos/{owner}/{repo}/git/blobs/{sha} GET
/repos/{owner}/{repo}/git/blobs POST
/repos/{owner}/{repo}/git/commits/{sha} GET
/repos/{owner}/{repo}/git/commits POST
/repos/{owner}/{repo}/git/refs GET POST
/repos/{owner}/{repo}/git/tags/{sha} GET
/repos/{owner}/{repo}/git/tags POST
/repos/{owner}/{repo}/git/trees/{sha} GET
/repos/{owner}/{repo}/git/trees POST
/issues GET
/user/issues GET
/orgs/{org}/issues GET
/repos/{owner}/{repo}/issues GET POST
/repos/{owner}/{repo}/issues/{number} GET
/repos/{owner}/{repo}/assignees GET
/repos/{owner}/{repo}/assignees/{assignee} GET
/repos/{owner}/{repo}/issues/{number}/comments GET POST
/repos/{owner}/{repo}/issues/{number}/events GET
/repos/{owner}/{repo}/labels GET POST
/repos/{owner}/{repo}/labels/{name} GET DELETE
/repos/{owner}/{repo}/issues/{number}/labels GET POST PUT DELETE
/repos/{owner}/{repo}/issues/{number}/labels/{name} DELETE
/repos/{owner}/{repo}/milestones/{number}/labels GET
/repos/{owner}/{repo}/milestones GET POST
/repos/{owner}/{repo}/milestones/{number} GET DELETE
/emojis GET
/gitignore/templates GET
/gitignore/templates/{name} GET
/markdown POST
/markdown/raw POST
/meta GET
/rate_limit GET
/users/{user}/orgs GET
/user/orgs GET
/orgs/{org} GET
/orgs/{org}/members GET
/orgs/{org}/members/{user} GET DELETE
/orgs/{org}/public_members GET
/orgs/{org}/public_members/{user} GET PUT DELETE
/orgs/{org}/teams GET POST
/teams/{id} GET DELETE
/teams/{id}/members GET
/teams/{id}/members/{user} GET PUT DELETE
/teams/{id}/repos GET
/teams/{id}/repos/{owner}/{repo} GET PUT DELETE
/user/teams GET
/repos/{owner}/{repo}/pulls GET POST
/repos/{owner}/{repo}/pulls/{number} GET
/repos/{owner}/{repo}/pulls/{number}/commits GET
/repos/{owner}/{repo}/pulls/{number}/files GET
/repos/{owner}/{repo}/pulls/{number}/merge GET PUT
/repos/{owner}/{repo}/pulls/{number}/comments GET PUT
/user/repos GET POST
/users/{user}/repos GET
/orgs/{org}/repos GET POST
/repositories GET
/repos/{owner}/{repo} GET DELETE
/repos/{owner}/{repo}/contributors GET
/repos/{owner}/{repo}/languages GET
/repos/{owner}/{repo}/teams GET
/repos/{owner}/{repo}/tags GET
/repos/{owner}/{repo}/branches GET
/repos/{owner}/{repo}/branches/{branch} GET
/repos/{owner}/{repo}/collaborators GET
/repos/{owner}/{repo}/collaborators/{user} GET PUT DELETE
/repos/{owner}/{repo}/comments GET
/repos/{owner}/{repo}/commits/{sha}/comments GET POST
/repos/{owner}/{repo}/comments/{id} GET DELETE
/repos/{owner}/{repo}/commits GET
/repos/{owner}/{repo}/commits/{sha} GET
/repos/{owner}/{repo}/readme GET
/repos/{owner}/{repo}/keys GET POST
/repos/{owner}/{repo}/keys/{id} GET DELETE
/repos/{owner}/{repo}/downloads GET
/repos/{owner}/{repo}/downloads/{id} GET DELETE
/repos/{owner}/{repo}/forks GET POST
/repos/{owner}/{repo}/hooks GET POST
/repos/{owner}/{repo}/hooks/{id} GET DELETE
/repos/{owner}/{repo}/hooks/{id}/tests POST
/repos/{owner}/{repo}/merges POST
/repos/{owner}/{repo}/releases GET POST
/repos/{owner}/{repo}/releases/{id} GET DELETE
/repos/{owner}/{repo}/releases/{id}/assets GET
/repos/{owner}/{repo}/stats/contributors GET
/repos/{owner}/{repo}/stats/commit_activity GET
/repos/{owner}/{repo}/stats/code_frequency GET
/repos/{owner}/{repo}/stats/participation GET
/repos/{owner}/{repo}/stats/punch_card GET
/repos/{owner}/{repo}/statuses/{ref} GET POST
/search/repositories GET
/search/code GET
/search/issues GET
/search/users GET
/legacy/issues/search/{owner}/{repo}/{state}/{keyword} GET
/legacy/repos/search/{keyword} GET
/legacy/user/search/{keyword} GET
/legacy/user/email/{email} GET
/users/{user} GET
/user GET
/users GET
/user/emails GET POST DELETE
/users/{user}/followers GET
/user/followers GET
/users/{user}/following GET
/user/following GET
/user/following/{user} GET PUT DELETE
/users/{user}/following/{target} GET
/users/{user}/keys GET
/user/keys GET POST
/user/keys/{id} GET DELETE
`

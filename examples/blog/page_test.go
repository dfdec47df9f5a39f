package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// chromium returns the path of the browser. Without a browser the page cannot be tested, so the
// tests fail and say what to do.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("the tests of the page need Chromium: apt-get install chromium, or put a chromium or google-chrome into PATH")
	return ""
}

// A browser is a Chromium with a new profile. Each test opens its own tabs.
type browser struct{ ctx context.Context }

func newBrowser(t *testing.T) *browser {
	t.Helper()
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)),
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(func() {
		chromedp.Cancel(ctx) // waits until it has ended, so that its profile can be removed
		cancel()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("Chromium does not start: %v", err)
	}
	return &browser{ctx}
}

// A tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu   sync.Mutex
	errs []string // what the page wrote to the console
}

func (b *browser) open(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	n := &tab{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.IsException() || m.Type == "error" {
				n.mu.Lock()
				n.errs = append(n.errs, m.String())
				n.mu.Unlock()
			}
		}
	}()
	return n
}

func (b *tab) console() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.errs)
}

// do runs steps, and fails the test if they take too long.
func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		text, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
		b.t.Fatalf("%s: %v\nthe page is %s\nits console has %q", what, err, text, b.console())
	}
}

// until waits until a JavaScript expression is true.
func until(condition string) chromedp.Action[chromedp.Void] {
	return chromedp.Poll[chromedp.Void](condition)
}

// press presses a key in the focused element.
func press(key string) chromedp.Action[chromedp.Void] { return chromedp.KeyEvent(key) }

func click(css string) chromedp.Action[chromedp.Void] { return chromedp.Click(chromedp.CSS(css)) }

// fill replaces the contents of a field by typing text.
func fill(css, text string) chromedp.Action[chromedp.Void] {
	choose := chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector(%q).select()`, css))
	return chromedp.Steps(chromedp.WaitVisible(chromedp.CSS(css)), choose, chromedp.KeyEvent(text))
}

func shows(css, text string) chromedp.Action[chromedp.Void] {
	return until(fmt.Sprintf(`[...document.querySelectorAll(%q)].some((e) => e.checkVisibility() && e.textContent.includes(%q))`, css, text))
}

func showsNot(css, text string) chromedp.Action[chromedp.Void] {
	return until(fmt.Sprintf(`![...document.querySelectorAll(%q)].some((e) => e.checkVisibility() && e.textContent.includes(%q))`, css, text))
}

// focused waits until an element has the focus.
func focused(css string) chromedp.Action[chromedp.Void] {
	return until(fmt.Sprintf(`document.activeElement?.matches(%q)`, css))
}

func (b *tab) signIn() {
	b.t.Helper()
	b.do("sign in", click("#sign"), focused("#token"), fill("#token", testToken), press("\r"),
		shows("#notice", "signed in"), shows("#sign", "Sign out"))
}

func TestPage(t *testing.T) {
	b := newBrowser(t)
	t.Run("visit", func(t *testing.T) { testVisit(t, b) })
	t.Run("upload", func(t *testing.T) { testUpload(t, b) })
	t.Run("keyboard", func(t *testing.T) { testKeyboard(t, b) })
	t.Run("server comes back", func(t *testing.T) { testServerComesBack(t, b) })
	t.Run("document", func(t *testing.T) { testDocs(t, b) })
	if dir := os.Getenv("BLOG_SCREENSHOTS"); dir != "" {
		t.Run("screenshots", func(t *testing.T) { takeScreenshots(t, b, dir) })
	}
}

// testVisit signs in, submits an invalid post, corrects it, comments, sees the comment in another
// tab, edits the post and deletes it.
func testVisit(t *testing.T, b *browser) {
	s := newSite(t)
	one := b.open(t)
	one.do("open the page", chromedp.Navigate(s.URL), shows("#found", "no posts yet"), shows("#live", "Live"),
		shows("#quote", "."), showsNot("a", "Write"))
	one.do("a wrong token", click("#sign"), fill("#token", "wrong"), press("\r"),
		shows("#token-error", "is not right"), focused("#token"), click("[data-close]"))
	one.signIn()

	one.do("an empty post", click(`a[href="#/new"]`), focused("#edit-title"), fill("#body", "The text stays."), click("#post-form .primary"),
		shows("#title-error", "Title must not be empty."), focused("#title[aria-invalid=true]"), showsNot("#body-error", "Text"),
		until(`document.querySelector("#body").value === "The text stays."`))
	evil := `<img src=x onerror=alert(1)> & "quotes"`
	one.do("a good post", fill("#title", evil), press("\r"), shows("#post-title", evil), shows("#post-body", "The text stays."),
		shows("#notice", "published"), focused("#post-title"))

	two := b.open(t)
	two.do("another tab", chromedp.Navigate(s.URL), shows(".card-title", evil), shows("#live", "Live"),
		click(".card a"), shows("#post-title", evil), showsNot("button", "Delete"))
	one.do("comment", fill("#author", "Ada"), fill("#text", "Live from <i>tab one</i>"), click("#comment-form .primary"),
		shows("#comments .text", "Live from <i>tab one</i>"))
	two.do("the comment arrives", shows("#comments .text", "Live from <i>tab one</i>"), shows("#comment-count", "1"))
	two.do("an empty comment", click("#comment-form .primary"), shows("#author-error", "Name must not be empty."),
		shows("#text-error", "Comment must not be empty."), focused("#author"))
	one.do("each comment stands once", until(`document.querySelectorAll("#comments .comment").length === 1`))

	one.do("edit", click("#edit"), shows("#edit-title", "Edit"), fill("#title", "Edited"), click("#post-form .primary"), shows("#post-title", "Edited"))
	one.do("delete a comment", click("#comments button"), shows("#confirm-title", "Ada"), click("#confirm-dialog .danger"),
		shows("#notice", "deleted"), showsNot("#comments .text", "Live"))
	one.do("do not delete", click("#delete"), shows("#confirm-title", "Edited"), press("\x1b"), showsNot("#confirm-title", "Edited"), shows("#post-title", "Edited"))
	one.do("close the question and ask again at once", chromedp.Evaluate[chromedp.Void](`
		document.querySelector("#delete").click();
		setTimeout(() => {
			document.querySelector("#confirm-dialog").close();
			document.querySelector("#delete").click();
		})`))
	one.do("delete", shows("#confirm-title", "Edited"), click("#confirm-dialog .danger"), shows("#found", "no posts yet"), showsNot(".card-title", "Edited"))
	two.do("what is gone", chromedp.Reload(), shows("#error-title", "there is no post"))
	one.do("the token goes with the tab", until(`localStorage.length === 0 && document.cookie === ""`))
	for _, e := range one.console() {
		if !strings.Contains(e, "status of 4") { // which the browser logs for every 4xx
			t.Errorf("the console has %s", e)
		}
	}
}

// testUpload uploads a picture over a slow connection and checks the progress bar.
func testUpload(t *testing.T, browser *browser) {
	s := newSite(t)
	b := browser.open(t)
	dir := t.TempDir()
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	picked := func(path string) chromedp.Action[chromedp.Void] {
		return chromedp.SetUploadFiles(chromedp.CSS("#picture"), []string{path})
	}
	b.do("open the page", chromedp.Navigate(s.URL+"/#/new"), shows("#sign-dialog .problem", "Sign in to write"),
		fill("#token", testToken), press("\r"), showsNot("#sign-title", "Sign in"))
	b.do("too large", fill("#title", "Sea"), fill("#body", "Waves"), picked(file("large.png", make([]byte, maxUpload+1))),
		click("#post-form .primary"), shows("#picture-error", "must not be larger than 5 MB"))
	b.do("not a picture", picked(file("page.png", []byte("<html>"))), click("#post-form .primary"),
		shows("#picture-error", "must be a JPEG, PNG or GIF picture"), focused("#picture"), showsNot("#upload", "Uploading"))
	b.do("a slow line", watchProgress, throttle(1<<20))
	large := picture(t, "jpeg", 1600, 900)
	large = append(large, make([]byte, 1<<20)...) // bytes after the picture are ignored
	b.do("a picture", picked(file("sea.jpg", large)), fill("#alt", "The sea"), click("#post-form .primary"),
		shows("#upload", "Uploading"), shows("#post-title", "Sea"),
		until(`document.querySelector("#post-cover").naturalWidth === 1600`), until(`document.querySelector("#post-cover").alt === "The sea"`),
		until(`seen.at(-1) === 1 && seen.filter((v) => 0 < v && v < 1).length > 2`))
	list, err := s.blog.listPosts(t.Context(), search{Page: 1, Size: 10})
	if err != nil || list.Total != 1 {
		t.Errorf("%d posts, %v: the tries before must not leave any", list.Total, err)
	}
}

// watchProgress records the values of the progress bar in the page's variable seen.
var watchProgress = chromedp.Evaluate[chromedp.Void](`window.seen = [];
	new MutationObserver(() => seen.push(document.querySelector("#progress").value))
		.observe(document.querySelector("#progress"), { attributes: true })`)

// throttle limits the page's uploads to the given number of bytes per second.
func throttle(bytes float64) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		slow := &network.Conditions{DownloadThroughput: -1, UploadThroughput: bytes}
		_, err := cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule,
			network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{slow}})
		return err
	})
}

// testKeyboard checks that the keyboard is enough to use the page, and that the focus is visible.
func testKeyboard(t *testing.T, browser *browser) {
	s := newSite(t)
	addPost(t, s.blog, "By keyboard", "x")
	b := browser.open(t)
	b.do("open the page", chromedp.Navigate(s.URL), shows(".card-title", "By keyboard"))
	b.do("skip the header", press("\t"), focused(".skip"), press("\r"), focused("main"))
	b.do("search", press("\t"), focused("#search"), press("nothing"), press("\r"), shows("#found", "No posts have"), focused("h1"))
	b.do("back", chromedp.NavigateBack(), shows(".card-title", "By keyboard"))
	b.do("open the post", chromedp.Focus(chromedp.CSS(".card a")), until(`getComputedStyle(document.activeElement).outlineStyle === "solid"`),
		press("\r"), focused("#post-title"))
	b.do("comment", press("\t"), focused("#author"), press("Ada"), press("\t"), focused("#text"), press("Hi"), press("\t"), press("\r"),
		shows("#comments .text", "Hi"))
}

// testServerComesBack checks that the page reports a lost server, and misses no comment.
func testServerComesBack(t *testing.T, browser *browser) {
	bin, db := build(t), filepath.Join(t.TempDir(), "blog.db")
	url, kill := spawn(t, bin, db)
	b := browser.open(t)
	b.do("open the page", chromedp.Navigate(url), shows("#live", "Live"))
	kill()
	b.do("the server is gone", shows("#live", "Reconnecting"))
	spawn(t, bin, db, "-addr", strings.TrimPrefix(url, "http://"))
	for _, body := range []string{`{"title":"a","body":"b"}`, `{"author":"Ada","text":"You missed this"}`} {
		path := "/api/posts"
		if strings.Contains(body, "author") {
			path += "/1/comments"
		}
		req, _ := http.NewRequest("POST", url+path, strings.NewReader(body))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+testToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil || res.StatusCode != 201 {
			t.Fatalf("%s: %v, %v", body, res, err)
		}
		res.Body.Close()
	}
	b.do("it is back", shows("#live", "Live"), shows("#latest .text", "You missed this"))
}

// takeScreenshots saves screenshots of the page in a folder, for review by people.
func takeScreenshots(t *testing.T, browser *browser, dir string) {
	s := newSite(t)
	fillSite(t, s)
	b := browser.open(t)
	b.do("open the page", chromedp.Navigate(s.URL), shows("#live", "Live"))
	b.signIn()
	sea := filepath.Join(t.TempDir(), "sea.jpg")
	if err := os.WriteFile(sea, picture(t, "jpeg", 1600, 900), 0o600); err != nil {
		t.Fatal(err)
	}
	shot := func(name string) {
		t.Helper()
		png, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []struct {
		name, scheme  string
		width, height int64
	}{{"phone", "light", 390, 844}, {"desktop", "light", 1280, 900}, {"dark", "dark", 1280, 900}} {
		b.do("size", chromedp.EmulateViewport(size.width, size.height), colors(size.scheme))
		b.do("document", chromedp.Navigate(s.URL+"/docs"), click("#operations-posts-listPosts .opblock-summary-control"), shows("#operations-posts-listPosts", "page"))
		shot("docs-" + size.name)
		b.do("list", chromedp.Navigate(s.URL+"/#/"), shows(".card-title", "Tides"), showsNot("#notice", "signed"))
		shot(size.name + "-list")
		b.do("post", click(".card a"), shows("#post-title", "Tides"), until(`document.querySelector("#post-cover").complete`))
		shot(size.name + "-post")
		b.do("write", chromedp.Navigate(s.URL+"/#/new"), shows("#edit-title", "Write"), fill("#title", "Only a title"),
			chromedp.SetUploadFiles(chromedp.CSS("#picture"), []string{sea}), until(`document.querySelector("#preview").complete`),
			click("#post-form .primary"), shows("#body-error", "must"))
		shot(size.name + "-write")
		b.do("dialog", chromedp.Navigate(s.URL+"/#/posts/3"), shows("#post-title", "Tides"), click("#delete"), shows("#confirm-title", "Delete"))
		shot(size.name + "-delete")
		b.do("close", press("\x1b"), showsNot("#confirm-title", "Delete"))
	}
}

// colors emulates the user's preference for a light or a dark color scheme.
func colors(scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
		return err
	})
}

func fillSite(t *testing.T, s *site) {
	t.Helper()
	for _, p := range [][2]string{
		{"On keeping a notebook", "A notebook is for what you do not know yet. Write the date, write the question, and leave a margin wide enough for the answer.\n\nMost of mine are still empty, and that is fine."},
		{"Small programs", "One file, one idea. A program that fits on a page can be read on a train, and corrected in its margin."},
		{"Tides", "The harbour empties twice a day. What was water is a street of mud and birds, and the boats lean on each other like people who have waited too long.\n\nThen it comes back, without a sound, from all sides."},
	} {
		addPost(t, s.blog, p[0], p[1])
	}
	body, header := form(t, picture(t, "jpeg", 1600, 900), "The harbour at low water")
	if res, answer := s.do(t, "PUT", "/api/posts/3/cover", body, header, isAdmin); res.StatusCode != 200 {
		t.Fatal(answer)
	}
	for _, c := range [][2]string{{"Ada", "I lean on mine, too."}, {"Grace", "The birds are the best part: they know the timetable by heart."}} {
		if _, err := s.blog.addComment(t.Context(), newComment{postID{3}, commentText{c[0], c[1]}}); err != nil {
			t.Fatal(err)
		}
	}
}

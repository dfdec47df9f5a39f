package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
)

// A User is the user that /api/user serves.
type User struct {
	Name       string `json:"name"`
	Profession string `json:"profession,omitempty"`
}

// A Post is a post that /api/posts/[id] serves.
type Post struct {
	ID    int      `json:"id"`
	Title string   `json:"title"`
	Tags  []string `json:"tags,omitempty"`
	Draft bool     `json:"draft,omitempty"`
}

type state struct {
	User  User         `json:"user"`
	Posts map[int]Post `json:"posts"`
}

// A store keeps the state in memory, and also in a file if it has one.
type store struct {
	file string // "" if the state is kept in memory only

	mu    sync.RWMutex
	state state // never changed, only replaced, so that readers need no lock to use it
}

func openStore(file string) (*store, error) {
	first := state{
		User:  User{Name: "John Doe"},
		Posts: map[int]Post{1: {ID: 1, Title: "Hello"}},
	}
	if file == "" {
		return &store{state: first}, nil
	}
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return &store{file: file, state: first}, nil
	}
	s := &store{file: file}
	if err == nil {
		err = json.Unmarshal(b, &s.state)
	}
	return s, err
}

func (s *store) get() state {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.state
}

// update changes the state. It writes the file first, so that an acknowledged change is never lost.
func (s *store) update(change func(*state) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.state
	if next.Posts = maps.Clone(next.Posts); next.Posts == nil {
		next.Posts = map[int]Post{}
	}
	if err := change(&next); err != nil {
		return err
	}
	if s.file != "" {
		if err := writeFile(s.file, next); err != nil {
			return err
		}
	}
	s.state = next
	return nil
}

// writeFile replaces a file atomically: a reader sees either the old contents or the new ones, even
// after a power failure.
func writeFile(name string, v any) error {
	b, err := json.MarshalIndent(v, "", "\t")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // does nothing after the rename
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

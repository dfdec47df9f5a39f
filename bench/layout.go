package main

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// measureLayouts measures the cells in one build of this program after another. In each build the
// linker puts the functions in another random order: where the code of a function happens to lie
// changes its time by up to 15 %, and no measurement of a single build can tell that from a
// difference of the code itself.
func measureLayouts(o options, cells []*cell, progress io.Writer) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "bench")
	for layout := 1; layout <= o.layouts; layout++ {
		fmt.Fprintf(progress, "layout %d of %d\n", layout, o.layouts)
		build := exec.Command("go", "build", "-ldflags=-randlayout="+strconv.Itoa(layout), "-o", program, ".")
		build.Stderr = os.Stderr
		if err := build.Run(); err != nil {
			return fmt.Errorf("go build: %w", err)
		}
		if err := measureChild(program, o, cells, progress); err != nil {
			return err
		}
	}
	return nil
}

// measureChild adds to the cells what another build of this program measures.
func measureChild(program string, o options, cells []*cell, progress io.Writer) error {
	child := exec.Command(program, "-raw", "-rounds", strconv.Itoa(o.rounds), "-slice", o.slice.String(),
		"-task", o.tasks, "-peers", o.peers, "-wall="+strconv.FormatBool(o.wall))
	child.Stderr = progress
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	var samples [][]sample
	err = gob.NewDecoder(out).Decode(&samples)
	if err = errors.Join(err, child.Wait()); err != nil {
		return fmt.Errorf("a build of another layout: %w", err)
	}
	for i, c := range cells {
		c.samples = append(c.samples, samples[i]...)
		c.layouts = append(c.layouts, len(c.samples))
	}
	return nil
}

// writeSamples writes the samples of all cells, in the order of the cells, if the options say so.
func writeSamples(w io.Writer, o options, cells []*cell) error {
	if !o.raw {
		return nil
	}
	var samples [][]sample
	for _, c := range cells {
		samples = append(samples, c.samples)
	}
	return gob.NewEncoder(w).Encode(samples)
}

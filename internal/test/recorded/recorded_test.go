package recorded

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "pack the folder of recorded logs anew")

// folder is where the logs were recorded. Not every machine has it.
const folder = "../../../../shared/verifierlogs"

// TestArchiveIsTheFolder: nothing was changed, left out or added on the way.
func TestArchiveIsTheFolder(t *testing.T) {
	want := readFolder(t)
	if *update {
		if err := os.WriteFile("logs.tar.gz", pack(t, want), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Skip("packed anew: run the test again")
	}
	got, err := unpack(archive)
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s is another in the archive, %d bytes, than in the folder, %d", name, len(got[name]), len(want[name]))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is not in the folder", name)
		}
	}
}

// TestIndexNamesEachLog: a log that no program has would be read by no test that goes by the programs.
func TestIndexNamesEachLog(t *testing.T) {
	l := Open(t)
	named := map[string]bool{}
	for _, p := range l.Programs {
		for _, level := range p.Levels {
			named[level.File] = true
		}
	}
	for _, load := range l.Types {
		named[load.File()] = true
	}
	for _, other := range l.Others {
		named[other.File] = true
	}
	for _, file := range l.Files("") {
		if !named[file] {
			t.Errorf("the index does not name %s", file)
		}
	}
	for file := range named {
		if !l.Has(file) {
			t.Errorf("%s was not kept", file)
		}
	}
	if len(l.Programs) != 190 || len(l.Files("")) != 588 {
		t.Errorf("%d programs, %d logs", len(l.Programs), len(l.Files("")))
	}
}

func readFolder(t *testing.T) map[string]string {
	t.Helper()
	if _, err := os.Stat(folder); err != nil {
		t.Skip("the folder of recorded logs: ", err)
	}
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".log") && entry.Name() != "index.json" {
			return err
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, file)
		files[filepath.ToSlash(name)] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// pack writes an archive that says nothing of the day and the machine it was made on.
func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	zip, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(zip)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(files[name]))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[name])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

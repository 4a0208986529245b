//go:build fresh

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

var update = flag.Bool("update", false, "pack the folder of recorded logs again")

// folder is where the logs were recorded.
const folder = "../../../../shared/verifierlogs"

// packed lists the files of the archive, by the ends of their names.
var packed = []string{".log", "index.json", catalogueFile, formatsEnd}

// TestArchiveIsTheFolder: nothing was changed, left out or added. With -update it packs the folder again.
func TestArchiveIsTheFolder(t *testing.T) {
	want := readFolder(t)
	if *update {
		if err := os.WriteFile("logs.tar.gz", pack(t, want), 0o644); err != nil {
			t.Fatal(err)
		}
		return // this binary contains the old archive
	}
	got, err := unpack(archive)
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if got[name] != want[name] {
			t.Errorf("%s has %d bytes in the archive and %d in the folder, or others", name, len(got[name]), len(want[name]))
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s is not in the folder", name)
		}
	}
}

func readFolder(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !slices.ContainsFunc(packed, func(end string) bool { return strings.HasSuffix(file, end) }) {
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

// pack writes an archive that does not contain the date and the machine.
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

// Checks a ledger with the Go checksum database's code (golang.org/x/mod/sumdb), which shares not one line with Clew.
//
//	verify_ledger FOLDER VERIFIER_KEY [OLDER_CHECKPOINT]
//
// Believes nothing but the key: the note's signature, every tile (TileHashReader authenticates them), every entry against
// its leaf hash, a proof of some entries, and, if one is given, that the ledger grew from the older checkpoint.
// C2SP tlog-tiles paths are those of x/mod without the leading height: tile/8/0/000 is tile/0/000.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type folder string

func (f folder) Height() int { return 8 }

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), c2spPath(tile)))
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

func c2spPath(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
}

func fail(format string, args ...interface{}) {
	fmt.Printf("FAIL: "+format+"\n", args...)
	os.Exit(1)
}

func openCheckpoint(path string, verifiers note.Verifiers, origin string) tlog.Tree {
	raw, err := os.ReadFile(path)
	if err != nil {
		fail("%v", err)
	}
	signed, err := note.Open(raw, verifiers)
	if err != nil {
		fail("checkpoint: %v", err)
	}
	lines := strings.SplitN(signed.Text, "\n", 4)
	if len(lines) != 4 || lines[0] != origin {
		fail("checkpoint of another ledger: %q", lines[0])
	}
	var size int64
	if _, err := fmt.Sscanf(lines[1], "%d", &size); err != nil {
		fail("checkpoint size: %v", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("checkpoint root: %v", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

func bundlePath(index, width int64) string {
	tile := tlog.Tile{H: 8, L: -1, N: index, W: int(width)}
	return "tile/entries/" + strings.TrimPrefix(tile.Path(), "tile/8/data/")
}

func main() {
	if len(os.Args) < 3 {
		fail("usage: verify_ledger FOLDER VERIFIER_KEY [OLDER_CHECKPOINT]")
	}
	dir := folder(os.Args[1])
	verifier, err := note.NewVerifier(os.Args[2])
	if err != nil {
		fail("verifier key: %v", err)
	}
	verifiers := note.VerifierList(verifier)
	tree := openCheckpoint(filepath.Join(string(dir), "checkpoint"), verifiers, verifier.Name())
	if tree.N == 0 {
		fmt.Println("OK: 0 entries")
		return
	}
	reader := tlog.TileHashReader(tree, dir)
	root, err := tlog.TreeHash(tree.N, reader)
	if err != nil {
		fail("tiles: %v", err)
	}
	if root != tree.Hash {
		fail("the tiles do not add up to the signed root")
	}
	leaves := make([]tlog.Hash, 0, tree.N)
	for bundle := int64(0); bundle*256 < tree.N; bundle++ {
		width := tree.N - bundle*256
		if width > 256 {
			width = 256
		}
		data, err := os.ReadFile(filepath.Join(string(dir), bundlePath(bundle, width)))
		if err != nil {
			fail("%v", err)
		}
		indexes := make([]int64, width)
		for i := range indexes {
			indexes[i] = tlog.StoredHashIndex(0, bundle*256+int64(i))
		}
		hashes, err := reader.ReadHashes(indexes)
		if err != nil {
			fail("tiles: %v", err)
		}
		for i := int64(0); i < width; i++ {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				fail("bundle %d ends too early", bundle)
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			hash := tlog.RecordHash(data[2:end])
			if hash != hashes[i] {
				fail("entry %d altered", bundle*256+i)
			}
			leaves = append(leaves, hash)
			data = data[end:]
		}
		if len(data) != 0 {
			fail("bundle %d is too long", bundle)
		}
	}
	for _, index := range []int64{0, tree.N / 3, tree.N - 1} {
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		if err == nil {
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, leaves[index])
		}
		if err != nil {
			fail("proof of entry %d: %v", index, err)
		}
	}
	if len(os.Args) > 3 {
		older := openCheckpoint(os.Args[3], verifiers, verifier.Name())
		proof, err := tlog.ProveTree(tree.N, older.N, reader)
		if err == nil {
			err = tlog.CheckTree(proof, tree.N, tree.Hash, older.N, older.Hash)
		}
		if err != nil {
			fail("not grown from the older checkpoint of %d entries: %v", older.N, err)
		}
	}
	fmt.Printf("OK: %d entries\n", tree.N)
}

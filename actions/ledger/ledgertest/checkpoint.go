package ledgertest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"
	"testing"

	"ecsbot/actions/ledger"
)

func checkpoints(t *testing.T, open func(t *testing.T) ledger.Store) {
	t.Run("the last checkpoint is kept, whatever its size", func(t *testing.T) {
		store := open(t)
		if got, err := store.Checkpoint(t.Context()); err != nil || len(got) != 0 {
			t.Errorf("before there is one: %d bytes %v", len(got), err)
		}
		for _, size := range []int{10, 2_000_000, 100} {
			kept := make([]byte, size)
			if _, err := rand.NewChaCha8([32]byte{}).Read(kept); err != nil { // nothing that packs well
				t.Fatal(err)
			}
			if err := store.KeepCheckpoint(t.Context(), kept); err != nil {
				t.Fatal(err)
			}
			if got, err := store.Checkpoint(t.Context()); err != nil || !bytes.Equal(got, kept) {
				t.Errorf("kept %d bytes, found %d: %v", len(kept), len(got), err)
			}
		}
	})
}

// Digest is what shows that a checkpoint is whole: whoever can write one can make it too.
func Digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

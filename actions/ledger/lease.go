package ledger

import "context"

// Lease is who holds something, and how often it was renewed. The zero value is held by
// nobody. There is no clock in it, since those of two machines never agree: another process
// may take a lease only after it has seen the same holder and beat for the lease's whole life
// on its own monotonic clock.
type Lease struct {
	Holder string // a process, opaque; empty: nobody
	Beat   int64  // grows with every renewal
}

// Leases are kept beside the stream; they may be lost without harm.
type Leases interface {
	// Lease is as it was last swapped, by whomever; the zero value where it never was.
	Lease(ctx context.Context, name string) (Lease, error)
	// Swap makes a lease next where it is still was, durably, and says whether it did. An
	// error leaves open whether it was swapped: read it again.
	Swap(ctx context.Context, name string, was, next Lease) (bool, error)
}

// Cursors keep how far a reader of the stream has come.
type Cursors interface {
	// Cursor is 0 where the reader never began.
	Cursor(ctx context.Context, name string) (int64, error)
	// MoveCursor moves forward only: whoever comes late with a lower number changes nothing.
	MoveCursor(ctx context.Context, name string, seq int64) error
}

// Store is everything that a place for the ledger keeps: the stream itself, and beside it
// what may be lost without harm.
type Store interface {
	Keeper
	Leases
	Cursors
	Checkpoints
}

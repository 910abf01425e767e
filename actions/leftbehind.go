package actions

import "ecsbot/actions/fleet"

// unchanged says how far a change that failed has left everything as it was.
func unchanged(err error) string {
	if fleet.Registered(err) != "" {
		return "The service was not changed"
	}
	return "Nothing was changed"
}

// leftBehind tells of a revision that was registered for a change which then failed.
func leftBehind(revision string) []Block {
	if revision == "" {
		return nil
	}
	return []Block{Paragraph{Textf("Revision %v had been registered for it: it stays behind, and nothing uses it.", Named(shortRevision(revision)))}}
}

// registeredResult keeps such a revision in the entry, so that whoever goes on knows it.
func registeredResult(revision string) string {
	if revision == "" {
		return ""
	}
	return Bind("registered", revision)
}

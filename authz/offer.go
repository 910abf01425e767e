package authz

import (
	"slices"
	"time"
)

// Offer is what somebody may ask for.
type Offer struct {
	Environment string
	Role        string
	Longest     time.Duration
}

// Offers are all that the person may ask for, by environment.
func (p *Policy) Offers(person Person) []Offer {
	if p == nil || person.Standing != Insider {
		return nil
	}
	var offers []Offer
	for _, name := range sortedNames(p.environments) {
		for _, group := range person.Groups {
			for _, each := range p.environments[name].offers[group] {
				offers = append(offers, Offer{name, each.role, each.longest})
			}
		}
	}
	return offers
}

// OffersOf are those of the person's offers in the environment whose role includes the action:
// the way forward for somebody who may not do it.
func (p *Policy) OffersOf(person Person, action, environment string) []Offer {
	return slices.DeleteFunc(p.Offers(person), func(offer Offer) bool {
		return offer.Environment != environment || p.roles[offer.Role]&p.actions[action] == 0
	})
}

func (t *territory) offersTo(groups []string) bool {
	for _, group := range groups {
		if len(t.offers[group]) > 0 {
			return true
		}
	}
	return false
}

func (t *territory) offered(q *Question) (Source, bool) {
	for _, group := range q.Person.Groups {
		for _, each := range t.offers[group] {
			if each.role == q.Role && q.Duration > 0 && q.Duration <= each.longest {
				return each.source, true
			}
		}
	}
	return Source{}, false
}

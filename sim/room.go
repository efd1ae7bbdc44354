package sim

import (
	"fmt"

	"locktop/sim/backend"
)

// laneConns is how many connections a lane has to each of its servers beside those of
// its clients: its own, and the subscription that the clients share.
const laneConns = 2

// connections is how many connections a lane needs to each of its servers.
func (c Config) connections(lane int) int { return c.mostClients() + laneConns }

// checkRoom refuses a lane whose connections, with those of all lanes that share its
// server, are more than the server accepts or this process may have; and says how many
// clients would fit.
func (c Config) checkRoom(lane int, server *backend.Server) error {
	if server.FollowsClock() {
		return nil // its connections are no files
	}
	if server.Shared() && lane > 0 {
		return nil // the first lane has asked for all, before there were any
	}
	servers, all := 0, 0
	for i := range c.Lanes {
		l, err := c.lane(i)
		if err != nil {
			return err
		}
		servers += l.nodes
		all += l.nodes * c.connections(i)
	}
	need, lanes := c.connections(lane), 1
	if server.Shared() {
		need, lanes = all, servers
	}
	most, taken := server.Room()
	if free := most - taken; most > 0 && need > free {
		fit := max(free/lanes-laneConns, 0)
		if !server.Shared() {
			return fmt.Errorf("%d clients need %d connections, and the spawned Redis may open files for %d: use at most %d clients, or allow more files: ulimit -n %d",
				c.mostClients(), need, most, fit, 2*need)
		}
		return fmt.Errorf("%d clients in %d lanes need %d connections, and the Redis at %s accepts %d, of which others have %d: use at most %d clients, or let it accept more: CONFIG SET maxclients %d",
			c.mostClients(), len(c.Lanes), need, server.Label(), most, taken, fit, need+taken+laneConns)
	}
	if most := backend.OpenFiles(); most > 0 && all > most {
		return fmt.Errorf("%d clients need %d connections, and the system lets this program have %d: use at most %d clients, or allow more open files: ulimit -n %d",
			c.mostClients(), all, most, max(most/servers-laneConns, 0), 2*all)
	}
	return nil
}

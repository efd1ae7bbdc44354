package sim

import "context"

var none = Strategy{
	Name:  "none",
	Title: "no lock: GET, compute, SET",
	Explain: "Every client reads the average, adds its sample and writes the result back. " +
		"Two clients that read the same value both write their own sum, and the later write erases the earlier one: " +
		"its client was told OK, yet its sample is not in the average any more.",
	Critical: true,
	Nodes:    1,
	update: func(ctx context.Context, c *client, a Alert) error {
		return c.readComputeWrite(ctx, a, c.set)
	},
}

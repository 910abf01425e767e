package fleet

// Definition is one revision of a task definition as people may see it: names, never values.
type Definition struct {
	ARN           string
	Family        string
	Number        int
	CPU           string // units, as the task definition has them; empty where it leaves them to the containers
	Memory        string // MiB, as above
	TaskRole      string // ARN
	ExecutionRole string // ARN
	Containers    []ContainerDefinition
	Rest          map[string]Mark // everything else that can differ, by what people call it
}

// ContainerDefinition is one container of a Definition.
type ContainerDefinition struct {
	Name      string
	Image     string
	CPU       string
	Memory    string
	Variables map[string]Mark // by name
	Secrets   map[string]Mark // by name; the mark is of where the value comes from
	Rest      map[string]Mark // everything else that can differ, by what people call it
}

// Mark tells equal values from different ones, within this process, and says nothing else of
// them.
type Mark uint64

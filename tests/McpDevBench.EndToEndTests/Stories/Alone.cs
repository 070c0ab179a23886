namespace McpDevBench.EndToEndTests.Stories;

/// <summary>Stories that measure time or memory, or need the whole machine: run when no other test runs.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

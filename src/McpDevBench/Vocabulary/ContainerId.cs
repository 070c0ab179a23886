namespace McpDevBench.Vocabulary;

/// <summary>The engine's id of a container. Only the engine's room knows what it holds.</summary>
internal sealed record ContainerId(string Value)
{
    /// <summary>Of what has no container any more.</summary>
    public static readonly ContainerId None = new("");

    public override string ToString() => Value;
}

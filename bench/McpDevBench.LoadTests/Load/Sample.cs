namespace McpDevBench.LoadTests.Load;

/// <summary>One request, as its client saw it.</summary>
/// <param name="Method">The tool.</param>
/// <param name="At">Its intended start, counted from the beginning of the load.</param>
/// <param name="Latency">From its intended start to its answer.</param>
/// <param name="Service">From when it was sent to its answer.</param>
/// <param name="Error">Null for success, the refusal's code, or <see cref="NoAnswer"/>.</param>
internal sealed record Sample(string Method, TimeSpan At, TimeSpan Latency, TimeSpan Service, string? Error)
{
    /// <summary>The connection broke, the answer is not one of the protocol, or the client gave up.</summary>
    public const string NoAnswer = "no_answer";
}

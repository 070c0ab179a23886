namespace McpDevBench.LoadTests;

/// <summary>The server that is put under load.</summary>
/// <param name="Address">Where it serves.</param>
/// <param name="Metrics">What a Prometheus scrapes.</param>
/// <param name="Process">Null when somebody else started it: then nobody here knows what it uses.</param>
internal sealed record Target(Uri Address, Uri Metrics, ServerProcess? Process);

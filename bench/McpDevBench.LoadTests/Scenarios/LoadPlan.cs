namespace McpDevBench.LoadTests.Scenarios;

/// <param name="Rate">Operations a second.</param>
/// <param name="Duration">From the first to the last that may start.</param>
internal sealed record LoadPlan(double Rate, TimeSpan Duration);

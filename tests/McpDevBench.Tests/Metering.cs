using McpDevBench.Observability.Metrics;

namespace McpDevBench.Tests;

/// <summary>A metric catalogue for what is built by hand.</summary>
internal static class Metering
{
    public static MetricCatalogue Catalogue() => new(new MetricVocabulary(["exec", "spawn"], ["create"], ["container.spawn"]), TimeProvider.System);
}

using McpDevBench.Observability;
using McpDevBench.Observability.Health;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace McpDevBench.Tests;

/// <summary>Parts of observability for what is built by hand.</summary>
internal static class Metering
{
    public static MetricCatalogue Catalogue() =>
        new(new MetricVocabulary(["exec", "spawn"], ["create"], ["container.spawn"]), TimeProvider.System);

    public static PeriodicRunner Periodic(
        MetricCatalogue? metrics = null, DrainState? drain = null, TimeProvider? time = null, ILogger<PeriodicRunner>? logger = null) =>
        new(
            metrics ?? Catalogue(), drain ?? new DrainState(), time ?? TimeProvider.System,
            logger ?? NullLogger<PeriodicRunner>.Instance);
}

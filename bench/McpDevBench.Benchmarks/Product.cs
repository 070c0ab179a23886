using McpDevBench.Observability.Logs;
using McpDevBench.Observability.Metrics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace McpDevBench.Benchmarks;

/// <summary>The product's settings and registrations, but for the log, which goes nowhere.</summary>
internal static class Product
{
    /// <param name="settings">By the names of the environment.</param>
    public static DevBenchOptions Options(params IEnumerable<(string Name, string Value)> settings) =>
        DevBenchOptions.Read(
            new Settings(
                new ConfigurationBuilder().AddInMemoryCollection(
                    settings.Select(setting => KeyValuePair.Create(setting.Name, (string?)setting.Value))).Build()));

    public static IMcpServerBuilder AddPipeline(IServiceCollection services, DevBenchOptions options)
    {
        var mcp = DevBenchServer.AddPipeline(services, options);
        services.RemoveAll<ILoggerProvider>();
        services.AddSingleton<ILoggerProvider>(
            new LogWriter(options.Log, TimeProvider.System, new LogOutput(Stream.Null, null, TimeProvider.System)));
        services.AddSingleton<RuntimeMeters>();
        return mcp;
    }
}

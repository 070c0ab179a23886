using McpDevBench.EndToEndTests.Machine;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>The programs that operators watch the product with, as scripts/monitoring.sh put them beside the checkout.</summary>
internal static class MonitoringTools
{
    public static string Prometheus { get; } = Find("prometheus");
    public static string Promtool { get; } = Find("promtool");
    public static string Alertmanager { get; } = Find("prometheus-alertmanager");
    public static string Amtool { get; } = Find("amtool");

    /// <summary>A file of deploy/.</summary>
    public static string Shipped(params string[] path) => Path.Combine([Repository.Root, "deploy", .. path]);

    private static string Find(string program) => Path.Combine(Repository.Root, ".cache", "monitoring", "usr", "bin", program);
}

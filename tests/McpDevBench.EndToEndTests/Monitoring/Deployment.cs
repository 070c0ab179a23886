using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Machine;
using YamlDotNet.Serialization;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>What operators get: the files of deploy/, and the tools to check them with, which scripts/monitoring.sh brings.</summary>
internal static class Deployment
{
    private static readonly IDeserializer _reader = new DeserializerBuilder().WithAttemptingUnquotedStringTypeDeserialization().Build();
    private static readonly ISerializer _writer = new SerializerBuilder().JsonCompatible().Build();

    /// <param name="path">Below deploy/.</param>
    public static string File(string path) => Path.Combine(Repository.Root, "deploy", path);

    public static string[] Files(string folder, string pattern) => Directory.GetFiles(File(folder), pattern).Order().ToArray();

    /// <summary>prometheus, promtool, prometheus-alertmanager, amtool or logrotate.</summary>
    public static string Tool(string name) => Path.Combine(Repository.Root, ".cache", "monitoring", "usr", "bin", name);

    public static async Task<string> Promtool(params string[] arguments) => (await Command.Run(Tool("promtool"), arguments)).Succeeded();

    public static async Task<string> Amtool(params string[] arguments) => (await Command.Run(Tool("amtool"), arguments)).Succeeded();

    /// <summary>A file in JSON or YAML.</summary>
    public static JsonNode Read(string path)
    {
        var text = System.IO.File.ReadAllText(Path.IsPathRooted(path) ? path : File(path));
        return JsonNode.Parse(path.EndsWith(".json", StringComparison.Ordinal)
            ? text
            : _writer.Serialize(_reader.Deserialize<object>(text)))!;
    }

    /// <summary>Recording and alerting rules.</summary>
    public static IReadOnlyList<JsonNode> Rules { get; } =
        [.. Files("prometheus/rules", "*.yml").SelectMany(file => Read(file)["groups"]!.AsArray()).SelectMany(
            group => group!["rules"]!.AsArray()).Select(rule => rule!)];

    public static IReadOnlyList<JsonNode> Dashboards { get; } = [.. Files("grafana/dashboards", "*.json").Select(Read)];

    /// <summary>Every query of every rule and panel, with where it is from.</summary>
    public static IReadOnlyList<(string Where, string Query)> Queries { get; } =
    [
        .. Rules.Select(rule => ((string)(rule["record"] ?? rule["alert"])!, (string)rule["expr"]!)),
        .. from dashboard in Dashboards
           from panel in dashboard["panels"]!.AsArray()
           from target in panel!["targets"]!.AsArray()
           select ($"{dashboard["title"]}: {panel["title"]}", (string)target!["expr"]!),
    ];
}

using System.Globalization;
using System.Text.Json;
using McpDevBench.LoadTests.Metrics;

namespace McpDevBench.LoadTests.Dashboards;

/// <summary>One series of an answer.</summary>
/// <param name="Points">Seconds since 1970, and the values then.</param>
internal sealed record Answer(IReadOnlyDictionary<string, string> Labels, IReadOnlyList<(double X, double Y)> Points);

/// <summary>A window of time, in seconds since 1970.</summary>
internal readonly record struct Window(double Begin, double End, double Step);

/// <summary>Prometheus's HTTP API.</summary>
internal sealed class PrometheusApi(Uri prometheus) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = prometheus };

    /// <summary>The values at the end of the window.</summary>
    public Task<IReadOnlyList<Answer>> QueryAsync(string expression, Window window) =>
        SendAsync("query", ("query", expression), ("time", Text(window.End)));

    /// <summary>The values all over the window.</summary>
    public Task<IReadOnlyList<Answer>> QueryRangeAsync(string expression, Window window) =>
        SendAsync(
            "query_range", ("query", expression), ("start", Text(window.Begin)), ("end", Text(window.End)), ("step", Text(window.Step)));

    public void Dispose() => _http.Dispose();

    private async Task<IReadOnlyList<Answer>> SendAsync(string endpoint, params (string Name, string Value)[] arguments)
    {
        using var form = new FormUrlEncodedContent(arguments.Select(argument => KeyValuePair.Create(argument.Name, argument.Value)));
        using var response = await _http.PostAsync(new Uri($"/api/v1/{endpoint}", UriKind.Relative), form);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        if (json.RootElement.Text("status") != "success")
            throw new InvalidOperationException($"Prometheus refuses '{arguments[0].Value}': {json.RootElement.Text("error")}");
        var data = json.RootElement.Member("data");
        return data.Text("resultType") == "scalar"
            ? [new Answer(new Dictionary<string, string>(), [Point(data.Member("result"))])]
            : [.. data.Items("result").Select(Series)];
    }

    private static Answer Series(JsonElement json)
    {
        var labels = json.Member("metric").EnumerateObject().ToDictionary(label => label.Name, label => label.Value.GetString()!);
        return new(labels, json.Member("value").ValueKind == JsonValueKind.Array
            ? [Point(json.Member("value"))]
            : [.. json.Items("values").Select(Point)]);
    }

    private static (double X, double Y) Point(JsonElement json) => (json[0].GetDouble(), MetricsText.Number(json[1].GetString()!));

    private static string Text(double number) => number.ToString("0.###", CultureInfo.InvariantCulture);
}

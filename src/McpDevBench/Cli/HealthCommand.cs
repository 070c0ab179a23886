using System.Net;

namespace McpDevBench.Cli;

/// <summary>
/// Asks the server that the settings describe whether it is ready: the health check of a container image that holds nothing but the server.
/// </summary>
internal sealed class HealthCommand(IReadOnlyDictionary<string, string> given) : Command
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(5);

    /// <returns>0 if it is ready, 1 if it is not or does not answer, 2 for wrong settings.</returns>
    public override async Task<int> RunAsync()
    {
        var source = SettingsSource.Read(
            given, Environment.GetEnvironmentVariables(), AppContext.BaseDirectory, Environment.CurrentDirectory);
        var settings = new Settings(source.Configuration);
        var access = DevBenchOptions.Read(settings).Access;
        foreach (var error in source.Errors.Concat(settings.Errors))
            await Console.Error.WriteLineAsync($"mcp-devbench: {error}");
        if (source.Errors.Count + settings.Errors.Count > 0)
            return CommandLine.Misuse;
        var address = new Uri($"http://{NameOf(access.Address ?? IPAddress.Loopback)}:{access.Port}/health/ready");
        using var http = new HttpClient { Timeout = _timeout };
        try
        {
            using var response = await http.GetAsync(address);
            var report = await response.Content.ReadAsStringAsync();
            await (response.IsSuccessStatusCode ? Console.Out : Console.Error).WriteLineAsync(report);
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync(
                $"mcp-devbench: no answer from {address}: {exception.Message}. "
                    + "Is the server running? MCP_HOST and MCP_PORT name its address.");
            return 1;
        }
    }

    /// <summary>A server that listens on every address is asked on the loopback one.</summary>
    private static string NameOf(IPAddress address)
    {
        if (address.Equals(IPAddress.Any))
            return "127.0.0.1";
        if (address.Equals(IPAddress.IPv6Any))
            return "[::1]";
        return address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
    }
}

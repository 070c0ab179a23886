using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace McpDevBench.EndToEndTests.Monitoring;

/// <summary>
/// A real Alertmanager with the routes that are shipped, and the webhook at their end. Nobody outside of this machine is called.
/// </summary>
internal sealed partial class Pager : IAsyncDisposable
{
    private readonly HttpListener _webhook = new();
    private readonly ConcurrentQueue<JsonElement> _notifications = new();
    private AlertmanagerProcess? _alertmanager;
    private Task _listening = Task.CompletedTask;

    /// <summary>Host and port of the Alertmanager.</summary>
    public string Address => _alertmanager!.Address;

    /// <summary>The alerts that the webhook was told of, by their names.</summary>
    public IReadOnlyList<JsonElement> Alerts =>
        [.. _notifications.SelectMany(notification => notification.GetProperty("alerts").EnumerateArray())];

    public static async Task<Pager> Start()
    {
        var pager = new Pager();
        var webhook = $"http://127.0.0.1:{Ports.Free()}/";
        pager._webhook.Prefixes.Add(webhook);
        pager._webhook.Start();
        pager._listening = pager.ListenAsync();
        var shipped = AlertmanagerProcess.Shipped;
        var routes = Wait().Replace(Routes().Match(shipped).Value, "$1: 1s");
        var others =
            ReceiverName().Matches(shipped).Select(match => match.Groups[1].Value).Where(name => name != "webhook").Distinct().Select(
                name => $"  - name: {name}\n");
        pager._alertmanager = await AlertmanagerProcess.Start(
            $"{routes}\nreceivers:\n{string.Concat(others)}  - name: webhook\n    webhook_configs:\n      - url: {webhook}\n");
        return pager;
    }

    public async ValueTask DisposeAsync()
    {
        if (_alertmanager is not null)
            await _alertmanager.DisposeAsync();
        _webhook.Close();
        await _listening;
    }

    private async Task ListenAsync()
    {
        while (_webhook.IsListening)
        {
            try
            {
                var call = await _webhook.GetContextAsync();
                using var body = await JsonDocument.ParseAsync(call.Request.InputStream);
                _notifications.Enqueue(body.RootElement.Clone());
                call.Response.Close();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return; // Closed: nobody rings any more.
            }
        }
    }

    /// <summary>From the routes to the receivers, which are the test's.</summary>
    [GeneratedRegex(@"^route:.*?(?=^receivers:)", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Routes();

    [GeneratedRegex(@"(group_wait|group_interval): \d+\w")]
    private static partial Regex Wait();

    [GeneratedRegex(@"^  - name: (\w+)$", RegexOptions.Multiline)]
    private static partial Regex ReceiverName();
}

using System.Globalization;

namespace McpDevBench.LoadTests.Sessions;

/// <summary>Plays the recorded day against the binary under test and prints what its answers weigh.</summary>
internal static class SessionCommand
{
    private const string Image = "devbench-test/python:1";

    public static async Task<int> RunAsync()
    {
        await using var server = await ServerProcess.StartAsync();
        using var client = new WireClient(new Uri(server.Address, "/mcp"));
        var day = new WorkingDay(client, Image);
        await day.LiveAsync();
        Console.WriteLine("| request | requests | bytes on the wire | of them text |\n|---|---|---|---|");
        foreach (var (kind, weight) in client.Weights)
            Print(kind, weight.Requests, weight.Bytes, weight.TextBytes);
        var all = client.Weights.Values;
        Print(
            $"all of the {day.Made} calls", all.Sum(weight => weight.Requests), all.Sum(weight => weight.Bytes),
            all.Sum(weight => weight.TextBytes));
        return 0;
    }

    private static void Print(string kind, int requests, long bytes, long text) =>
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {kind} | {requests} | {bytes} | {text} |"));
}

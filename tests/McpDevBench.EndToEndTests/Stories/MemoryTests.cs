using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using McpDevBench.EndToEndTests.Assistants;
using McpDevBench.EndToEndTests.Attacks;
using McpDevBench.EndToEndTests.Machine;
using McpDevBench.EndToEndTests.Product;

namespace McpDevBench.EndToEndTests.Stories;

/// <summary>
/// Whatever one caller sends or asks for, forty times at once, the server stays within the memory that the README promises.
/// </summary>
/// <remarks>
/// Of the native binary: a server on the JIT starts with 50 MB more, and takes the collector's settings from
/// <c>DOTNET_GCTotalPhysicalMemory=0xD000000 DOTNET_GCHeapHardLimit=0x100000000</c>.
/// </remarks>
[Collection(Alone.Name)]
public sealed class MemoryTests(ServerProcess server) : IClassFixture<ServerProcess>
{
    private const long ServerCap = 256L << 20;
    private const int AtOnce = 40;
    private const int MaxBody = 4 << 20;

    private static readonly byte[] _unfinished = new byte[MaxBody - 1];

    [Fact]
    [Attack("40 of the largest requests and answers at once, against the server's memory")]
    public async Task Forty_of_the_largest_requests_and_answers_at_once_fit_into_the_memory_that_is_promised()
    {
        await using var assistant = await server.Connect();
        var workspace = await assistant.Spawn(Images.Busybox);
        await workspace.Sh("""
            printf '\211PNG\r\n\032\n\000\000\000\rIHDR\000\000\001\000\000\000\001\000\010\002\000\000\000' > i.png; head -c 3100000 /dev/urandom >> i.png; head -c 2090000 /dev/zero > z.bin
            yes aaaaaaaa | head -c 2090000 > t.txt; tr '\000' '\001' < z.bin | head -c 300000 > c.txt
            """);
        var large = new string('x', 3_500_000);
        var before = ProcessTable.PeakMemory(server.ProcessId);

        await Measure("tools/list, an array of zeros", 413, _ => List("\"a\":[" + Repeated("0,", MaxBody - 100) + "0]"));
        await Measure("tools/list, an array of objects", 413, _ => List("\"a\":[" + Repeated("{},", MaxBody - 100) + "0]"));
        await Measure(
            "tools/list, 300,000 members", 413, _ => List(string.Join(',', Enumerable.Range(0, 300_000).Select(n => $"\"{n:x}\":0"))));
        await Measure("tools/list, 30,000 zeros", 200, _ => List("\"a\":[" + Repeated("0,", 60_000) + "0]"), times: 400);
        await Measure("fs_batch, 3.5 MB", 200, _ => Tool("fs_batch", ("operations", new JsonArray(
            [.. Enumerable.Range(0, 10).Select(
                n => (JsonNode)new JsonObject { ["op"] = "write", ["path"] = $"b{n}", ["content"] = large[..350_000] })]))));
        await Measure("fs_write, 3.5 MB", 200, n => Tool("fs_write", ("path", $"w{n % 4}"), ("content", large)));
        await Measure(
            "fs_write, 3.4 MB of escapes", 200, n => Tool("fs_write", ("path", $"u{n % 4}"), ("content", new string('\u0001', 560_000))));
        await Measure("exec, 3.5 MB of stdin", 200, _ => Tool("exec", ("shell", "cat > /dev/null"), ("stdin", large)));
        await Measure("exec, 840 KB of arguments", 200, _ => Tool("exec", ("cmd", Arguments(large))), times: 60);
        await Measure("list_execs afterwards", 200, _ => Call("list_execs", ("include_finished", true)), maxAnswer: 64 << 10);
        await Measure("fs_read, an image of 3 MB", 200, _ => Tool("fs_read", ("path", "i.png")));
        await Measure("fs_read, 256 KiB", 200, _ => Tool("fs_read", ("path", "t.txt"), ("max_bytes", 262_144)));
        await Measure("fs_read, 256 KiB of controls", 200, _ => Tool("fs_read", ("path", "c.txt"), ("max_bytes", 262_144)));
        await Measure("resources/read, 2 MB of text", 200, _ => Resource(workspace, "t.txt"));
        await Measure("resources/read, 2 MB of bytes", 200, _ => Resource(workspace, "z.bin"));
        await Measure("exec, 256 KiB of output", 200, _ => Tool("exec", ("shell", "head -c 300000 t.txt"), ("max_output_bytes", 262_144)));
        // The web server reads ahead of each connection, whatever the budget says.
        await Measure("400 bodies of 4 MB that never end", null, _ => SendAndStop(), times: 10 * AtOnce);
        await Measure("40 answers that nobody reads", null, AskAndStop);

        var peak = ProcessTable.PeakMemory(server.ProcessId);
        Print($"before {before >> 20} MiB, at most {peak >> 20} MiB of {ServerCap >> 20} MiB");
        AttackFigures.Add($"peak {peak >> 20} MiB of {ServerCap >> 20} MiB");
        Assert.InRange(peak, before, ServerCap);
        Assert.Equal("still here", await workspace.Sh("echo still here"));

        string Tool(string name, params (string Name, JsonNode? Value)[] arguments) =>
            Call(name, [("container_id", workspace.Id), .. arguments]);

        async Task<(int Status, int Length)> SendAndStop()
        {
            using var socket = await Open(MaxBody, _unfinished);
            return default;
        }

        async Task<(int Status, int Length)> AskAndStop()
        {
            var body = Encoding.UTF8.GetBytes(Tool("fs_read", ("path", "i.png")));
            using var socket = await Open(body.Length, body);
            // The first bytes of the answer show that all of it has been made.
            await socket.GetStream().ReadExactlyAsync(new byte[16], TestContext.Current.CancellationToken);
            return default;
        }
    }

    private static string List(string members) => $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{{{members}}}}}""";

    private static string Resource(Workspace workspace, string path) =>
        $$$"""{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"workspace://{{{workspace.Id}}}/{{{path}}}"}}""";

    private static string Call(string tool, params (string Name, JsonNode? Value)[] arguments)
    {
        var given = new JsonObject(arguments.Select(argument => KeyValuePair.Create(argument.Name, argument.Value)));
        return $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{given.ToJsonString()}}}}}""";
    }

    private static JsonArray Arguments(string large) =>
        [.. Enumerable.Repeat(large[..60_000], 14).Prepend("true").Select(argument => (JsonNode)argument)];

    private static string Repeated(string piece, int length) => string.Concat(Enumerable.Repeat(piece, length / piece.Length));

    private Task Measure(string what, int? status, Func<int, string> body, int times = AtOnce, int maxAnswer = 32 << 20) =>
        Measure(what, status, async number =>
    {
        var answer = await Send(body(number), maxAnswer);
        // On a slow machine the last of them wait for too long, and are to call again.
        while (answer.Status == (int)HttpStatusCode.InsufficientStorage)
            answer = await Send(body(number), maxAnswer);
        return answer;
    }, times);

    private async Task<(int Status, int Length)> Send(string body, int maxAnswer)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, server.Endpoint) { Content = content };
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await server.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.InRange(text.Length, 1, maxAnswer);
        return ((int)answer.StatusCode, text.Length);
    }

    private Task Measure(string what, int? status, Func<Task<(int Status, int Length)>> call) => Measure(what, status, _ => call(), AtOnce);

    private async Task Measure(string what, int? status, Func<int, Task<(int Status, int Length)>> call, int times)
    {
        var started = Stopwatch.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, times).Select(number => Task.Run(() => call(number))));
        Print(string.Create(CultureInfo.InvariantCulture,
            $"{what,-34} x{times,3}  {Stopwatch.GetElapsedTime(started).TotalSeconds,5:F1} s  peak {ProcessTable.PeakMemory(server.ProcessId) >> 20} MiB"));
        if (status is { } expected)
            Assert.All(answers, answer => Assert.Equal(expected, answer.Status));
    }

    private async Task<TcpClient> Open(int length, byte[] body)
    {
        var socket = new TcpClient { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, server.Port, TestContext.Current.CancellationToken);
        var head = $"POST /mcp HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nAccept: application/json\r\nContent-Length: {length}\r\n\r\n";
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), patience.Token);
            await socket.GetStream().WriteAsync(body, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return socket; // The server takes no more of it, or has refused it, because others are before it.
        }
        return socket;
    }

    private static void Print(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}

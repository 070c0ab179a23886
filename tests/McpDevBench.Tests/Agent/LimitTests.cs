using McpDevBench.AgentProtocol;
using static McpDevBench.Tests.Agent.AgentVerbs;

namespace McpDevBench.Tests.Agent;

/// <summary>What the agent uses stays within its bounds, whatever is asked of it.</summary>
public sealed class LimitTests : IDisposable
{
    private const long MaxResidentBytes = 64 << 20;

    private readonly AgentProcess _agent = new();
    private readonly AgentClient _client;

    public LimitTests() => _client = _agent.Connect();

    public void Dispose() => _agent.Dispose();

    [Fact]
    public void A_server_that_asks_without_reading_is_dropped_before_it_costs_much()
    {
        for (var i = 0; i < 4_000; i++)
            File.WriteAllText(_agent[$"{i}-{new string('n', 200)}"], "");
        var before = Descriptors();
        var raw = _agent.StartBridge();
        var nonce = new byte[32];
        raw.StandardInput.BaseStream.Write([.. Handshake.ServerMagic, .. _agent.Secret, .. nonce,
            .. AgentClient.Frame(FrameKind.Hello, 0, [1, 0, 0, 0, 0, 0])]);
        var writing = new Thread(() =>
        {
            try
            {
                for (var i = 1u; i < 40_000; i++)
                {
                    var list = new MessageWriter { Version = 1 };
                    new ListRequest([], false, "", 10_000, []).Write(list.Byte((byte)Opcode.List));
                    raw.StandardInput.BaseStream.Write(AgentClient.Frame(FrameKind.Request, i, list.Written));
                }
            }
            catch (IOException)
            {
            }
        }) { IsBackground = true };
        Eventually.Is(() => Descriptors() > before, "the agent takes the connection");
        writing.Start();
        Eventually.Is(() => Descriptors() == before, "the agent closes the connection");
        Assert.InRange(PeakBytes(), 1 << 20, MaxResidentBytes);
        _client.Shake(_agent.Secret);
        Assert.Equal([5], _client.Ping([5]));
    }

    private int Descriptors() => Directory.EnumerateFileSystemEntries($"/proc/{_agent.Pid}/fd").Count();

    private long PeakBytes()
    {
        Assert.False(_agent.Process.HasExited, _agent.Process.HasExited
            ? $"the agent has ended: {_agent.Process.ExitCode} {_agent.Process.StandardError.ReadToEnd()}" : "");
        return long.Parse(File.ReadLines($"/proc/{_agent.Pid}/status").First(line => line.StartsWith("VmHWM", StringComparison.Ordinal))
            .Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], null) << 10;
    }

    [Fact]
    public void Descriptors_and_threads_are_the_same_after_as_before()
    {
        // The first of everything may open what stays open, such as the kernel's random numbers.
        Everything();
        var before = _client.Info();
        for (var i = 0; i < 5; i++)
            Everything();
        AgentInfo after = null!;
        Eventually.Is(
            () => (after = _client.Info()).Execs == 0 && after.Descriptors <= before.Descriptors && after.Threads <= before.Threads,
            () => $"{before} before, {after} after");
        Assert.True(before.Processes > 2);
    }

    private void Everything()
    {
        _client.Run("echo x");
        var terminal = _client.Shell("echo x", pty: true);
        _client.Record(terminal).Wait();
        var fed = _client.Shell("cat >/dev/null", stdin: true);
        _client.Input(fed, "x", eof: true);
        _client.Record(fed).Wait();
        var cancelled = _client.Shell("sleep 5");
        _client.Cancel(cancelled, 0);
        _client.Record(cancelled).Wait();
        StatusOf(() => _client.Start(Plan(["nothing"])));
        StatusOf(() => _client.Start(Plan(["true"], cwd: "nowhere")));
        _client.Write("d/f", "x", parents: true);
        _client.Write("d/f", "y", append: true);
        StatusOf(() => _client.Write("d/f", "z", ifMatch: 1));
        _client.Read("d/f");
        StatusOf(() => _client.Read("d"));
        _client.List("", recursive: true);
        _client.Search("x");
        _client.Begin(Opcode.Export, new ExportRequest([], [], []).Write).Answer(TransferResponse.Read);
        _client.Begin(Opcode.Import, new ImportRequest([], 10, 10).Write).Upload(new byte[1024]).Answer(TransferResponse.Read);
        _client.Batch((new BatchStep(BatchVerb.Copy, Bytes("d"), Bytes("e"), 0, 0, false, true, false, null, false, []), ""));
        _client.Batch((new BatchStep(BatchVerb.Move, Bytes("e"), Bytes("d/g/h"), 0, 0, true, true, false, null, false, []), ""),
            (new BatchStep(BatchVerb.Read, Bytes("no"), [], 0, 0, false, false, false, null, false, []), ""));
        _client.Delete("e", recursive: true);
        _client.Delete("d", recursive: true);
        _agent.ConnectBridge().Dispose();
        _client.Shake(_agent.Secret);
    }

    [Fact]
    public void A_flood_of_output_is_bounded_in_memory()
    {
        _client.Acknowledges = false;
        var floods = Enumerable.Range(0, 40).Select(_ => _client.Shell("yes \"$(head -c 5000 /dev/zero | tr '\\0' x)\"")).ToList();
        Eventually.Is(() => floods.All(exec => _client.Record(exec).End == Protocol.ExecWindow), "every window is full");
        Assert.InRange(_client.Info().ResidentBytes, 1 << 20, MaxResidentBytes);
        _client.Acknowledges = true;
        foreach (var exec in floods)
            _client.Ack(exec, _client.Record(exec).End);
        Eventually.Is(() => floods.All(exec => _client.Record(exec).End > 2 * Protocol.ExecWindow), "all go on");
        foreach (var exec in floods)
            _client.Cancel(exec, 0);
        foreach (var exec in floods)
            _client.Record(exec).Wait();
        Assert.InRange(PeakBytes(), 1 << 20, MaxResidentBytes);
    }

    [Fact]
    public void Tiny_writes_to_both_streams_are_bounded_too()
    {
        _client.Acknowledges = false;
        var execs = Enumerable.Range(0, 8).Select(_ => _client.Shell("while :; do echo o; echo e >&2; done")).ToList();
        Eventually.Is(() => execs.All(exec => _client.Record(exec).End >= 1_024), "every window is full of chunks");
        Assert.InRange(PeakBytes(), 1 << 20, MaxResidentBytes);
        _client.Acknowledges = true;
        foreach (var exec in execs)
        {
            _client.Ack(exec, _client.Record(exec).End);
            _client.Cancel(exec, 0);
        }
        foreach (var exec in execs)
            _client.Record(exec).Wait();
    }

    [Fact]
    public void Many_large_requests_at_once_are_bounded_in_memory()
    {
        File.WriteAllBytes(_agent["big"], new byte[8 << 20]);
        File.WriteAllText(_agent["text"], string.Concat(Enumerable.Repeat("some text to be found\n", 180_000)));
        var calls = new List<AgentCall>();
        for (var i = 0; i < 60; i++)
        {
            calls.Add(_client.Begin(Opcode.Search, new SearchRequest([], "some (text|thing)", false, false, "", 20, 100_000, true).Write));
            calls.Add(_client.Begin(Opcode.Read, new ReadRequest(Bytes("big"), 0, ulong.MaxValue).Write));
            calls.Add(_client.Begin(Opcode.Batch, new BatchRequest([new BatchStep(BatchVerb.Edit, Bytes("text"), [], 0, 0, false, false,
                false, null, false, [new TextEdit(Bytes("to be found"), Bytes("to be sought"), true),
                new TextEdit(Bytes("to be sought"), Bytes("to be found"), true)])]).Write).Upload([]));
            calls.Add(_client.Begin(Opcode.Stat, to => to.Bytes(new byte[900_000])));
        }
        foreach (var call in calls)
            call.Status(Eventually.Timeout);
        Assert.InRange(PeakBytes(), 1 << 20, MaxResidentBytes);
        Assert.Equal(3_960_000, _client.Stat("text").Size);
    }
}

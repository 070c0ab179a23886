using BenchmarkDotNet.Attributes;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Benchmarks;

/// <summary>
/// What goes over the stream to an agent: a piece of output as the agent frames it and the server reads it, and the request that starts a
/// command.
/// </summary>
public class FrameBenchmarks
{
    private const int Before = FrameHeader.Size + ExecOutput.Size;

    private readonly byte[] _content = new byte[4096];
    private readonly byte[] _frame = new byte[Before + 4096];
    private readonly MessageWriter _fields = new(64) { Version = Protocol.Version };
    private readonly MessageWriter _message = new(1024) { Version = Protocol.Version };
    private readonly ExecStart _start = new(
        Guid.NewGuid(), ["python3", "-m", "pytest", "-q"], ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/workspace", "LANG=C.UTF-8"], "/workspace"u8.ToArray(),
        StdinOpen: false, Pty: false, Rows: 24, Columns: 80, TimeoutMs: 600_000, GraceMs: 5_000, DrainMs: 500);

    private readonly byte[] _started;

    public FrameBenchmarks()
    {
        WriteOutput();
        WriteStart();
        _started = _message.Written.ToArray();
    }

    [BenchmarkCategory("output"), Benchmark(Baseline = true, Description = "copy 4 KiB")]
    public void Copy() => _content.CopyTo(_frame, Before);

    [BenchmarkCategory("output"), Benchmark(Description = "write a frame of 4 KiB of output")]
    public void WriteOutput()
    {
        new FrameHeader(FrameKind.ExecOutput, Protocol.NoChannel, ExecOutput.Size + _content.Length).Write(_frame);
        _fields.Clear();
        new ExecOutput(_start.Key, 1 << 20, OutputStream.Stdout, 1_700_000_000_000_000).Write(_fields);
        _fields.Written.CopyTo(_frame.AsSpan(FrameHeader.Size));
        _content.CopyTo(_frame, Before);
    }

    [BenchmarkCategory("output"), Benchmark(Description = "read a frame of 4 KiB of output")]
    public int ReadOutput()
    {
        var header = FrameHeader.Read(_frame);
        var reader = new MessageReader(_frame.AsSpan(FrameHeader.Size, header.Length)) { Version = Protocol.Version };
        var output = ExecOutput.Read(ref reader);
        return reader.Rest.Length + (int)output.Offset;
    }

    [BenchmarkCategory("start"), Benchmark(Baseline = true, Description = "write the request that starts a command")]
    public void WriteStart()
    {
        _message.Clear();
        _start.Write(new RequestHeader(Opcode.ExecStart, ExpiresAt: 0).Write(_message));
    }

    [BenchmarkCategory("start"), Benchmark(Description = "read the request that starts a command")]
    public object ReadStart()
    {
        var reader = new MessageReader(_started) { Version = Protocol.Version };
        RequestHeader.Read(ref reader);
        return ExecStart.Read(ref reader);
    }
}

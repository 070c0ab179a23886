using System.Text;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Tests.Agent;

/// <summary>What has come of one exec: checks that no byte is missing and none comes twice.</summary>
internal sealed class ExecRecord
{
    private readonly Lock _gate = new();
    private readonly MemoryStream _stdout = new();
    private readonly MemoryStream _stderr = new();
    private readonly List<ExecOutput> _chunks = [];
    private string? _broken;

    public ulong End { get; private set; }

    public TaskCompletionSource<ExecExited> Exited { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Its leader has ended, and processes of it still run.</summary>
    public TaskCompletionSource<ExecBackground> Background { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Stdout => Text(_stdout);

    public string Stderr => Text(_stderr);

    public byte[] StdoutBytes
    {
        get
        {
            lock (_gate)
                return _stdout.ToArray();
        }
    }

    public List<ExecOutput> Chunks
    {
        get
        {
            lock (_gate)
                return [.. _chunks];
        }
    }

    /// <summary>Waits until it has ended.</summary>
    public ExecExited Wait(TimeSpan? timeout = null)
    {
        if (!Exited.Task.Wait(timeout ?? AgentClient.Timeout))
            throw new TimeoutException($"the exec did not end; so far: {Stdout[..Math.Min(500, Stdout.Length)]} {Stderr}");
        lock (_gate)
        {
            Assert.Null(_broken);
            Assert.Equal(Exited.Task.Result.Produced, End);
        }
        return Exited.Task.Result;
    }

    /// <summary>Waits until only its background runs.</summary>
    public ExecBackground WaitForBackground()
    {
        if (!Background.Task.Wait(AgentClient.Timeout))
            throw new TimeoutException($"no background; so far: {Stdout} {Stderr}");
        return Background.Task.Result;
    }

    public void WaitFor(string text) => Assert.True(SpinWait.SpinUntil(() => Stdout.Contains(text, StringComparison.Ordinal),
        AgentClient.Timeout), $"no '{text}' in: {Stdout} {Stderr}");

    internal void Add(ExecOutput output, ReadOnlySpan<byte> content)
    {
        lock (_gate)
        {
            if (output.Offset != End)
                _broken ??= $"a chunk at {output.Offset} where {End} was expected";
            if (content.Length is 0 or > Protocol.MaxData)
                _broken ??= $"a chunk of {content.Length} bytes";
            _chunks.Add(output);
            End += (ulong)content.Length;
            (output.Stream == OutputStream.Stdout ? _stdout : _stderr).Write(content);
        }
    }

    internal void End_(ExecExited exited) => Exited.TrySetResult(exited);

    private string Text(MemoryStream stream)
    {
        lock (_gate)
            return Encoding.UTF8.GetString(stream.ToArray());
    }
}

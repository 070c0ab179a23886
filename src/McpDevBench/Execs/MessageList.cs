using System.Buffers;
using System.Text;

namespace McpDevBench.Execs;

/// <summary>Collects output into messages: consecutive pieces of one stream become one, unless the request asks otherwise.</summary>
internal sealed class MessageList(PollRequest request)
{
    // What a message has beside its output: seq and stream, and with details its time.
    private const int MessageBytes = 40, DetailBytes = 40;

    private readonly List<Run> _runs = [];

    /// <summary>Bytes that more output adds to the answer. The first message is free: a limit is about output.</summary>
    public long SizeOf(in OutputRecord record, string text, ReadOnlySpan<byte> content)
    {
        var run = Find(record);
        var before = run?.Bytes.WrittenCount ?? 0;
        var size = request.Base64 ? InBase64(before + content.Length) - InBase64(before) : JsonSize.Charge(text);
        return run is null && size > 0 ? size + Overhead(request, _runs.Count) : size;
    }

    /// <summary>Bytes of a message without its output.</summary>
    public static int Overhead(PollRequest request, int before)
    {
        if (before == 0 || request.ByStream)
            return 0;
        return request.Separate ? MessageBytes + DetailBytes : MessageBytes;
    }

    public void Add(in OutputRecord record, string text, ReadOnlySpan<byte> content)
    {
        if (!request.Separate && (request.Base64 ? content.IsEmpty : text.Length == 0))
            return;
        var run = RunOf(record);
        if (request.Base64)
            run.Bytes.Write(content);
        else
            run.Text.Append(text);
    }

    public IReadOnlyList<OutputMessage> ToMessages() => [.. _runs.Select(ToMessage)];

    private OutputMessage ToMessage(Run run)
    {
        var data = request.Base64 ? Convert.ToBase64String(run.Bytes.WrittenSpan) : run.Text.ToString();
        return new(
            run.First.Seq, OutputPager.NameOf(run.First.Stream), data,
            DateTimeOffset.UnixEpoch.AddMicroseconds(run.First.UnixMicroseconds));
    }

    private static int InBase64(int bytes) => (bytes + 2) / 3 * 4;

    private Run RunOf(in OutputRecord record)
    {
        if (Find(record) is { } found)
            return found;
        var run = new Run(record);
        _runs.Add(run);
        return run;
    }

    /// <summary>The message that this output goes into; null for one of its own.</summary>
    private Run? Find(in OutputRecord record)
    {
        var stream = record.Stream;
        if (request.Separate)
            return null;
        var run = request.ByStream ? _runs.Find(run => run.First.Stream == stream) : _runs.LastOrDefault();
        return run?.First.Stream == stream ? run : null;
    }

    private sealed class Run(OutputRecord first)
    {
        public OutputRecord First => first;
        public StringBuilder Text { get; } = new();
        public ArrayBufferWriter<byte> Bytes { get; } = new();
    }
}

using System.Buffers;
using System.Text;

namespace McpDevBench.Execs;

/// <summary>Collects output into messages: consecutive pieces of one stream become one, unless the request asks otherwise.</summary>
internal sealed class MessageList(PollRequest request)
{
    private readonly List<Run> _runs = [];

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

    private Run RunOf(in OutputRecord record)
    {
        var stream = record.Stream;
        var run = request.ByStream ? _runs.Find(run => run.First.Stream == stream) : _runs.LastOrDefault();
        if (run is null || request.Separate || run.First.Stream != stream)
            _runs.Add(run = new Run(record));
        return run;
    }

    private sealed class Run(OutputRecord first)
    {
        public OutputRecord First => first;
        public StringBuilder Text { get; } = new();
        public ArrayBufferWriter<byte> Bytes { get; } = new();
    }
}

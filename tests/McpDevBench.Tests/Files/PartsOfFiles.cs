using System.Globalization;
using McpDevBench.Files;

namespace McpDevBench.Tests.Files;

/// <summary>The part of a file that a test asks for.</summary>
internal sealed record Part
{
    public long? Offset { get; init; }
    public long? Length { get; init; }
    public int? Line { get; init; }
    public int? Limit { get; init; }
    public int? TailLines { get; init; }
    public int? MaxBytes { get; init; }
    public string? Encoding { get; init; }
}

/// <summary>Reads parts of a file that is in memory.</summary>
internal static class PartsOfFiles
{
    public static Task<ReadFile> Read(byte[] content, Part? part = null, Action<long, long>? onRead = null)
    {
        part ??= new();
        var entry = new FileEntry("/workspace/f", "file", content.Length, "0644", 1000, 1000, DateTimeOffset.UnixEpoch, "etag", null, null);
        return new FileReading(ReadRange, new ReadFileRequest
        {
            Container = "c",
            Path = "f",
            Offset = part.Offset,
            Length = part.Length,
            Line = part.Line,
            Limit = part.Limit,
            TailLines = part.TailLines,
            MaxBytes = part.MaxBytes,
            Encoding = part.Encoding,
        }).ReadAsync(TestContext.Current.CancellationToken);

        Task<(byte[] Content, FileEntry Entry)> ReadRange(long offset, long length, CancellationToken cancellationToken)
        {
            var from = Math.Min(offset, content.Length);
            var to = from + Math.Min(length, content.Length - from);
            onRead?.Invoke(offset, to - from);
            return Task.FromResult((content[(int)from..(int)to], entry));
        }
    }

    public static string Numbered(int lines) =>
        string.Concat(Enumerable.Range(1, lines).Select(number => string.Create(CultureInfo.InvariantCulture, $"line {number}\n")));
}

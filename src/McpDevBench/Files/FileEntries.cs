using System.Globalization;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Files;

/// <summary>The agent's entries as tools show them, and etags as text.</summary>
internal static class FileEntries
{
    public static FileEntry Of(FileStat stat)
    {
        var path = WorkspacePath.TextOf(stat.Path);
        return new FileEntry(
            path, TypeOf(stat.Kind), stat.Size, "0" + Convert.ToString((int)(stat.Mode & 0xFFF), 8).PadLeft(3, '0'), (int)stat.Uid,
            (int)stat.Gid, DateTimeOffset.UnixEpoch.AddTicks(stat.MtimeNanoseconds / 100), EtagOf(stat.Etag),
            stat.Kind == FileKind.File ? MimeTypes.Of(path) : null,
            stat.Kind == FileKind.Link ? WorkspacePath.Escape(stat.LinkTarget) : null)
        {
            Links = stat.Links,
        };
    }

    /// <summary>The file is not the one that a caller's condition names.</summary>
    public static RequestException Changed(WorkspacePath path, string etag, string ifMatch, RequestException? inner = null) => new(
        ErrorCode.Conflict, $"{path} has changed: its etag is {etag}, not {ifMatch}.",
        "Call fs_read to see what is there now, and pass its etag as if_match.", inner: inner)
    {
        Details = new Dictionary<string, string> { [RequestException.Etag] = etag },
    };

    public static string EtagOf(ulong etag) => etag.ToString("x16", CultureInfo.InvariantCulture);

    /// <param name="text">As answers show it; the quotes of an HTTP header do no harm.</param>
    public static ulong? ParseEtag(string? text)
    {
        if (text is null)
            return null;
        // Not as if it were not given: a condition that is lost would let a write replace anything.
        if (text.Trim().Length == 0)
            throw new RequestException(ErrorCode.InvalidArgument, "if_match is empty.",
                "Pass the etag from fs_stat, fs_read or fs_write, or leave if_match out to write whatever is there now.");
        return ulong.TryParse(text.Trim().Trim('"'), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var etag)
            ? etag
            // An etag that nothing can have: it does not match, which is what the caller wants to know.
            : throw new RequestException(
                ErrorCode.Conflict, $"if_match='{Truncation.ToLength(text, 40)}' is not an etag of a file here.",
                "Pass the etag from fs_stat, fs_read or fs_write as if_match.");
    }

    public static bool ParseIfNoneMatch(string? text) => text switch
    {
        null => false,
        "*" => true,
        _ => throw new RequestException(
            ErrorCode.InvalidArgument, $"if_none_match='{text}' is not allowed.",
            "The only value is *: write only if nothing exists at the path."),
    };

    public static uint ParseMode(string? text)
    {
        if (text is null)
            return WriteRequest.KeepMode;
        var digits = text.StartsWith("0o", StringComparison.Ordinal) ? text[2..] : text;
        if (digits.Length is >= 3 and <= 4 && digits.All(digit => digit is >= '0' and <= '7')
            && Convert.ToUInt32(digits, 8) is var mode and <= 0x1FF)
            return mode;
        throw new RequestException(
            ErrorCode.InvalidArgument, $"mode='{text}' is not allowed.", "Use octal permission bits from 000 to 777, such as 644 or 755.");
    }

    private static string TypeOf(FileKind kind) => kind switch
    {
        FileKind.File => "file",
        FileKind.Directory => "directory",
        FileKind.Link => "link",
        FileKind.Fifo => "fifo",
        FileKind.Socket => "socket",
        FileKind.CharacterDevice => "character_device",
        FileKind.BlockDevice => "block_device",
        _ => "unknown",
    };
}

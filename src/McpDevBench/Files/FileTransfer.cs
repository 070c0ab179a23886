namespace McpDevBench.Files;

/// <summary>The HTTP file endpoint's other half: whole files, ranges and archives, streamed.</summary>
internal sealed class FileTransfer
{
    /// <summary>Copies a file's bytes from an offset to <paramref name="destination"/> as they arrive.</summary>
    /// <param name="length">Bytes; null to the end.</param>
    public Task<FileEntry> DownloadAsync(string owner, string container, string path, long offset, long? length, Stream destination, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<FileEntry> UploadAsync(string owner, WriteFileRequest request, Stream source, CancellationToken cancellationToken) => throw new NotImplementedException();

    /// <summary>Writes a directory as tar (or tar.gz) to <paramref name="destination"/>.</summary>
    public Task<TransferSummary> ExportAsync(string owner, string container, string path, IReadOnlyCollection<string> include, IReadOnlyCollection<string> exclude, bool gzip, Stream destination, CancellationToken cancellationToken) => throw new NotImplementedException();

    public Task<TransferSummary> ImportAsync(string owner, string container, string path, bool gzip, Stream source, CancellationToken cancellationToken) => throw new NotImplementedException();
}

internal sealed record TransferSummary(long Entries, long Bytes, long Skipped);

using System.Buffers;
using McpDevBench.Audit;
using McpDevBench.Workspaces;
using McpDevBench.Storage;

namespace McpDevBench.Cli;

/// <summary>Reads the audit log of the server on this machine, whether it runs or not.</summary>
internal abstract class AuditCommand(IReadOnlyDictionary<string, string> given) : Command
{
    public sealed override async Task<int> RunAsync()
    {
        var source = SettingsSource.Read(
            given, Environment.GetEnvironmentVariables(), AppContext.BaseDirectory, Environment.CurrentDirectory);
        var settings = new Settings(source.Configuration);
        var storage = StorageOptions.Read(settings);
        if (source.Errors.Concat(settings.Errors).FirstOrDefault() is { } error)
        {
            await Console.Error.WriteLineAsync($"mcp-devbench: {error}");
            return CommandLine.Misuse;
        }
        try
        {
            return await RunAsync(storage);
        }
        catch (RequestException failure)
        {
            await Console.Error.WriteLineAsync($"mcp-devbench: {failure.Message} {failure.Hint}");
            return 1;
        }
    }

    protected abstract Task<int> RunAsync(StorageOptions storage);
}

/// <summary>Prints records as JSON lines, the oldest first.</summary>
/// <param name="limit">The number of newest records to print; null for all.</param>
internal sealed class AuditQueryCommand(IReadOnlyDictionary<string, string> given, AuditFilter filter, int? limit) : AuditCommand(given)
{
    private const int PageSize = 500;

    public AuditFilter Filter => filter;

    protected override async Task<int> RunAsync(StorageOptions storage)
    {
        using var store = AuditStore.OpenForReading(storage);
        var wanted = Resolve(storage, store);
        await using var output = Console.OpenStandardOutput();
        var lines = new ArrayBufferWriter<byte>();
        var seq = limit is { } most ? store.StartOfNewest(wanted, most) : 0;
        // Page by page: a slow reader must not block the writes of the server.
        while (store.After(wanted, seq, PageSize) is { Count: > 0 } page)
        {
            lines.ResetWrittenCount();
            foreach (var record in page)
            {
                AuditJson.Write(record, lines, hashes: true);
                lines.Write("\n"u8);
            }
            await output.WriteAsync(lines.WrittenMemory);
            seq = page[^1].Seq;
        }
        return 0;
    }

    /// <summary>Records hold the id. An alias stands for the workspaces that have it, and for those that were spawned with it.</summary>
    private AuditFilter Resolve(StorageOptions storage, AuditStore store)
    {
        if (filter.ContainerId is not { } given || WorkspaceId.TryParse(given, out _))
            return filter;
        var resolved = store.Resolve(filter with { WithAlias = WorkspaceStore.IdsWithAlias(storage, given, filter.Principal) });
        if (resolved.WithAlias.Count == 0)
            Console.Error.WriteLine(
                $"mcp-devbench: No workspace has or had the alias '{given}', as far as the records go back. "
                    + "Give the id, which list_containers shows.");
        return resolved;
    }
}

/// <summary>Checks that the audit log is as the server wrote it.</summary>
/// <param name="file">A file of JSON lines; null for the database.</param>
internal sealed class AuditVerifyCommand(IReadOnlyDictionary<string, string> given, string? file) : AuditCommand(given)
{
    protected override async Task<int> RunAsync(StorageOptions storage)
    {
        var verification = new AuditVerification(new AuditChain(InstanceKey.Existing(storage)));
        var flaw = file is null ? OfRows(storage, verification) : OfFile(file, verification);
        var result = flaw is null ? $"ok: {Plural.Of(verification.Count, "record")}" : $"{flaw.What}: record {flaw.Seq}";
        await Console.Out.WriteLineAsync(result);
        return flaw is null ? 0 : 1;
    }

    private static AuditFlaw? OfRows(StorageOptions storage, AuditVerification verification)
    {
        using var store = AuditStore.OpenForReading(storage);
        return verification.OfRows(store);
    }

    private static AuditFlaw? OfFile(string file, AuditVerification verification)
    {
        try
        {
            return verification.OfFile(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RequestException(
                ErrorCode.FileNotFound, $"{file} cannot be read: {e.Message}", "Name a file of audit lines.", inner: e);
        }
    }
}

using McpDevBench.Agent.Linux;
using McpDevBench.Agent.Wire;
using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent.Files;

/// <summary>
/// Unpacks an archive of unknown origin, all or nothing: into a directory beside it first, and from there into its place by renames. A
/// failure before the last rename leaves the target as it was.
/// </summary>
internal sealed class TarImport(RootDirectory workspace)
{
    public TransferResponse Import(ImportRequest request, Channel channel)
    {
        RootDirectory.Check(request.Path);
        var target = request.Path.AsSpan().TrimEnd((byte)'/').ToArray();
        // An impossible target fails before any content is sent.
        if (new CreatedDirectories(workspace).Exists(target) && request.MustBeFree)
            TreeMerge.RequireFree(workspace, target);
        using var staging = StagingDirectory.Create(workspace);
        var unpacking = new TarUnpacker(staging.Tree);
        var response = unpacking.Unpack(request, channel);
        lock (workspace.Mutation)
        {
            channel.ThrowIfCancelled();
            var merge = new TreeMerge(workspace, staging, target, unpacking.Modes);
            merge.Check(request.MustBeFree);
            staging.Commit(target);
            merge.Apply();
            merge.SetModes();
        }
        return response;
    }

    /// <summary>Finishes or removes what an agent that was killed has left. Before anything else uses the workspace.</summary>
    public static void Recover(RootDirectory workspace)
    {
        foreach (var name in StagingDirectory.Names(workspace))
        {
            try
            {
                using var staging = StagingDirectory.Open(workspace, name);
                if (staging.ReadTarget() is { } target)
                    new TreeMerge(workspace, staging, target, new DirectoryModes()).Apply();
            }
            catch (OperationException failure)
            {
                // A process in the workspace has changed it meanwhile; what is left is removed with the directory.
                Fd.WriteFully(2, System.Text.Encoding.UTF8.GetBytes($"devbench-agent: import not finished: {failure.Message}\n"), default);
            }
        }
    }
}

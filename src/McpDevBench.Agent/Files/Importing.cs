using McpDevBench.AgentProtocol;

namespace McpDevBench.Agent;

/// <summary>
/// Unpacks an archive of unknown origin, all or nothing: into a directory beside it first, and from there into its place by renames. A failure
/// before the last rename leaves the target as it was.
/// </summary>
internal sealed class Importing(Workspace workspace)
{
    public TransferResponse Import(ImportRequest request, Channel channel)
    {
        Workspace.Check(request.Path);
        var target = request.Path.AsSpan().TrimEnd((byte)'/').ToArray();
        // A target that cannot be one is refused before anything is sent.
        if (new MadeDirectories(workspace).Exists(target) && request.MustBeFree)
            TreeMerge.RequireFree(workspace, target);
        using var staging = Staging.Create(workspace);
        var unpacking = new Unpacking(staging.Tree);
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
    public static void Recover(Workspace workspace)
    {
        foreach (var name in Staging.Names(workspace))
        {
            try
            {
                using var staging = Staging.Open(workspace, name);
                if (staging.ReadTarget() is { } target)
                    new TreeMerge(workspace, staging, target, new DirectoryModes()).Apply();
            }
            catch (OperationException refusal)
            {
                // A process in the workspace has changed it meanwhile; what is left is removed with the directory.
                Fd.WriteFully(2, System.Text.Encoding.UTF8.GetBytes($"devbench-agent: import not finished: {refusal.Message}\n"), default);
            }
        }
    }
}

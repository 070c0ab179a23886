namespace McpDevBench.Agent;

/// <summary>The command line.</summary>
internal sealed record Options(string Workspace, string Socket)
{
    public const string DefaultWorkspace = "/workspace";
    private const string DefaultSocket = "devbench-agent";

    /// <summary>What fits into the address of a socket.</summary>
    private const int MaxSocket = 100;

    public static bool TryRead(string[] arguments, out Options options)
    {
        options = new Options(DefaultWorkspace, DefaultSocket);
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || arguments[i + 1].Length == 0)
                return false;
            if (arguments[i] == "--workspace")
                options = options with { Workspace = arguments[i + 1] };
            else if (arguments[i] == "--socket" && arguments[i + 1].Length <= MaxSocket)
                options = options with { Socket = arguments[i + 1] };
            else
                return false;
        }
        return true;
    }
}

using System.Diagnostics.CodeAnalysis;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>All tools, in the order in which they are listed.</summary>
internal static class ToolCatalogue
{
    private static readonly List<(ToolFacts Facts, Action<IServiceCollection> Register)> _tools = [];
    private static readonly Dictionary<string, int> _positions = [];
    private static readonly Dictionary<string, Toolset> _toolsets = [];

    static ToolCatalogue()
    {
        Add<SpawnTool>(Toolset.Workspace);
        Add<AttachTool>(Toolset.Workspace);
        Add<KillTool>(Toolset.Workspace);
        Add<ListContainersTool>(Toolset.Workspace);
        Add<ListImagesTool>(Toolset.Workspace);
        Add<SystemStatusTool>(Toolset.Workspace);
        Add<ExecTool>(Toolset.Exec);
        Add<ExecStartTool>(Toolset.Exec);
        Add<ExecPollTool>(Toolset.Exec);
        Add<ExecInputTool>(Toolset.Exec);
        Add<ExecSignalTool>(Toolset.Exec);
        Add<ExecCancelTool>(Toolset.Exec);
        Add<ListExecsTool>(Toolset.Exec);
        Add<FsReadTool>(Toolset.Files);
        Add<FsWriteTool>(Toolset.Files);
        Add<FsEditTool>(Toolset.Files);
        Add<FsDeleteTool>(Toolset.Files);
        Add<FsStatTool>(Toolset.Files);
        Add<FsListTool>(Toolset.Files);
        Add<FsSearchTool>(Toolset.Files);
        Add<FsBatchTool>(Toolset.Files);
        Add<FsCopyTool>(Toolset.Files);
        Add<MetricsTool>(Toolset.Operator);
        Add<ReconcileTool>(Toolset.Operator);
        Add<GarbageCollectTool>(Toolset.Operator);
        Add<AuditQueryTool>(Toolset.Operator);
    }

    public static IEnumerable<ToolFacts> All => _tools.Select(tool => tool.Facts);

    /// <summary>A tool by its name, offered or not; null if there is none.</summary>
    public static ToolFacts? Find(string name) => _positions.TryGetValue(name, out var position) ? _tools[position].Facts : null;

    /// <exception cref="KeyNotFoundException">There is no such tool.</exception>
    public static Toolset ToolsetOf(string tool) => _toolsets[tool];

    public static int Position(string name) => _positions.GetValueOrDefault(name, int.MaxValue);

    public static void Register(IServiceCollection services, ToolSelection selection)
    {
        foreach (var (facts, register) in _tools)
        {
            if (selection.Offers(facts))
                register(services);
        }
    }

    private static void Add<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TTool>(Toolset toolset)
        where TTool : DevBenchTool, ITool
    {
        _toolsets.Add(TTool.Facts.Name, toolset);
        _positions.Add(TTool.Facts.Name, _tools.Count);
        _tools.Add((TTool.Facts, static services => services.AddSingleton<McpServerTool, TTool>()));
    }
}

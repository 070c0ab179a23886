using System.Diagnostics.CodeAnalysis;
using ModelContextProtocol.Server;

namespace McpDevBench.Mcp;

/// <summary>All tools, in the order in which they are listed.</summary>
internal static class ToolCatalogue
{
    private static readonly List<(ToolFacts Facts, Action<IServiceCollection> Register)> _tools = [];
    private static readonly Dictionary<string, int> _positions = [];

    static ToolCatalogue()
    {
        Add<SpawnTool>();
        Add<AttachTool>();
        Add<KillTool>();
        Add<ListContainersTool>();
        Add<ExecTool>();
        Add<ExecStartTool>();
        Add<ExecPollTool>();
        Add<ExecInputTool>();
        Add<ExecSignalTool>();
        Add<ExecCancelTool>();
        Add<ListExecsTool>();
        Add<FsReadTool>();
        Add<FsWriteTool>();
        Add<FsEditTool>();
        Add<FsDeleteTool>();
        Add<FsStatTool>();
        Add<FsListTool>();
        Add<FsSearchTool>();
        Add<FsBatchTool>();
        Add<SystemStatusTool>();
        Add<MetricsTool>();
        Add<ReconcileTool>();
        Add<GarbageCollectTool>();
        Add<AuditQueryTool>();
    }

    public static IEnumerable<ToolFacts> All => _tools.Select(tool => tool.Facts);

    public static int Position(string name) => _positions.GetValueOrDefault(name, int.MaxValue);

    public static void Register(IServiceCollection services, ToolSelection selection)
    {
        foreach (var (facts, register) in _tools)
        {
            if (selection.Offers(facts))
                register(services);
        }
    }

    private static void Add<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TTool>()
        where TTool : DevBenchTool, ITool
    {
        _positions.Add(TTool.Facts.Name, _tools.Count);
        _tools.Add((TTool.Facts, static services => services.AddSingleton<McpServerTool, TTool>()));
    }
}

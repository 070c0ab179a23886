namespace McpDevBench.Workspaces;

/// <summary>The registrations of this room.</summary>
internal static class WorkspaceServices
{
    public static void AddWorkspaces(this IServiceCollection services)
    {
        services.AddSingleton<ImagePolicy>();
        services.AddSingleton<ImageProvider>();
        services.AddSingleton<ImageList>();
        services.AddSingleton<Ownership>();
        services.AddSingleton<StateLease>();
        services.AddSingleton<KeyedLock>();
        services.AddSingleton<WorkspaceStore>();
        services.AddSingleton<KeptFileStore>();
        services.AddSingleton<WorkspaceDirectory>();
        services.AddSingleton<UidAllocator>();
        services.AddSingleton<VolumePool>();
        services.AddSingleton<LayerBuilder>();
        services.AddSingleton<WorkspaceImages>();
        services.AddSingleton<ProcessorPlacement>();
        services.AddSingleton<WorkspaceSpec>();
        services.AddSingleton<WorkspaceContainers>();
        services.AddSingleton<ContainerFactory>();
        services.AddSingleton<SpawnAdmission>();
        services.AddSingleton<SpawnVolumes>();
        services.AddSingleton<SpawnMeter>();
        services.AddSingleton<Spawner>();
        services.AddSingleton<WorkspaceResumer>();
        services.AddSingleton<WorkspaceRemoval>();
        services.AddSingleton<WorkspaceRecovery>();
        services.AddSingleton<Adoption>();
        services.AddSingleton<WorkspaceQuota>();
        services.AddSingleton<SpawnResumption>();
        services.AddSingleton<SpawnKeys>();
        services.AddSingleton<SpawnService>();
        services.AddSingleton<KillService>();
        services.AddSingleton<EngineStates>();
        services.AddSingleton<WorkspaceList>();
        services.AddSingleton<WorkspaceService>();
        services.AddSingleton<EngineInventory>();
        services.AddSingleton<ProcessorReconciler>();
        services.AddSingleton<RowReconciler>();
        services.AddSingleton<StrayReconciler>();
        services.AddSingleton<VolumeReconciler>();
        services.AddSingleton<EarlierStates>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<ExpiredWorkspaces>();
        services.AddSingleton<OrphanedVolumes>();
        services.AddSingleton<OutdatedImages>();
        services.AddSingleton<Janitor>();
    }
}

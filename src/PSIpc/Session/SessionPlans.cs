using System.Management.Automation;
using System.Management.Automation.Language;
using System.Runtime.CompilerServices;

namespace PSIpc;

/// <summary>Caches the plan of each script block. A plan is reused while every name in it resolves to the same object.</summary>
internal static class SessionPlans
{
    private static readonly ConditionalWeakTable<Ast, Known> Plans = [];

    /// <summary>The plan of a script block in the session of a cmdlet.</summary>
    public static SessionPlan Of(PSCmdlet caller, ScriptBlock block, bool isBound)
    {
        PSModuleInfo? module = caller.SessionState.Module;
        if (Plans.TryGetValue(block.Ast, out Known? known) && known.BlockModule == block.Module && known.CallerModule == module && known.IsBound == isBound && known.Plan.IsCurrent(caller))
        {
            return known.Plan;
        }

        var resolver = new SessionResolver(caller);
        resolver.AddBlock(block, isBound);
        SessionPlan plan = resolver.Resolve();
        Plans.AddOrUpdate(block.Ast, new Known(plan, block.Module, module, isBound));
        return plan;
    }

    private sealed record Known(SessionPlan Plan, PSModuleInfo? BlockModule, PSModuleInfo? CallerModule, bool IsBound);
}

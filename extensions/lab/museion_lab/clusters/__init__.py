"""The workspace's clusters as browsers see them: their agents' reports, wishes, dashboards."""

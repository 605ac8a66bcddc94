"""This file changes when a managed data store gains, or loses, a real server on the laptop.

MiniStack keeps Aurora and ElastiCache as records whose addresses lead nowhere. Here the records carry the addresses of
the servers that really run, so that every `Fn::GetAtt` on them, and every function that reads one, gets there.
"""

from functools import partial

from ministack.services import elasticache, rds

from local.ministack.handlers import Attributes, Handlers, Properties, after
from local.ministack.launch import Server


def install(handlers: Handlers, *, database: Server, cache: Server) -> None:
    after(handlers, "AWS::RDS::DBCluster", partial(_cluster, database))
    after(handlers, "AWS::RDS::DBInstance", partial(_instance, database))
    after(handlers, "AWS::ElastiCache::ReplicationGroup", partial(_replication_group, cache))
    after(handlers, "AWS::ElastiCache::CacheCluster", partial(_cache_cluster, cache))


def _cluster(server: Server, name: str, properties: Properties) -> Attributes:
    """The writer and the reader are one server: the laptop has no replica, and no lag to get used to."""
    rds._clusters[name].update({"Endpoint": server.host, "ReaderEndpoint": server.host, "Port": server.port})
    return {**_address("Endpoint", server), "ReadEndpoint.Address": server.host}


def _instance(server: Server, name: str, properties: Properties) -> Attributes:
    rds._instances[name]["Endpoint"].update({"Address": server.host, "Port": server.port})
    return _address("Endpoint", server)


def _replication_group(server: Server, name: str, properties: Properties) -> Attributes:
    group = elasticache._replication_groups[name]
    endpoint = {"Address": server.host, "Port": server.port}
    for shard in group["NodeGroups"]:
        shard.update({"PrimaryEndpoint": endpoint, "ReaderEndpoint": endpoint})
        for member in shard["NodeGroupMembers"]:
            member["ReadEndpoint"] = endpoint
            elasticache._clusters[member["CacheClusterId"]]["_endpoint"] = endpoint
    if not _in_cluster_mode(properties):
        return {**_address("PrimaryEndPoint", server), **_address("ReaderEndPoint", server)}
    group.update({"ConfigurationEndpoint": endpoint, "ClusterEnabled": True})
    return _address("ConfigurationEndPoint", server)


def _in_cluster_mode(properties: Properties) -> bool:
    """AWS also calls a group of one shard clustered when told to; MiniStack goes by the number of shards."""
    return (
        int(properties.get("NumNodeGroups") or 1) > 1
        or properties.get("ClusterMode") == "enabled"
        or str(properties.get("CacheParameterGroupName", "")).endswith(".cluster.on")
    )


def _cache_cluster(server: Server, name: str, properties: Properties) -> Attributes:
    elasticache._clusters[name]["_endpoint"] = {"Address": server.host, "Port": server.port}
    return _address("RedisEndpoint", server)


def _address(name: str, server: Server) -> Attributes:
    return {f"{name}.Address": server.host, f"{name}.Port": str(server.port)}

// The floor that rigaud is held against: the least that any program in any language has to do for the same result.
//
//   floor plan HOST MANIFESTS    the manifests through libyaml's parser; the same lists and XML calls, several in
//                                flight, and every XML through libxml2's parser
//   floor apply HOST CAPTURE     the volumes, defines and starts that were captured, several in flight
//   floor capture HOST CAPTURE   writes the XML of a host's domains and volumes to a folder, for `apply`
//   floor hold URI               keeps a connection open until standard input ends; prints `held` when it is
//
// HOST is a libvirt URI, or the folder of a simulated host, which `apply` takes without its domains and volumes.
// Compares nothing, decides nothing, and keeps no state: what it leaves out is what rigaud is for.

#include <dirent.h>
#include <libvirt/libvirt.h>
#include <libvirt/virterror.h>
#include <libxml/parser.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml.h>

// A daemon serves as many at once for one connection (libvirtd.conf: max_client_requests).
enum { IN_FLIGHT = 5 };

static void fail(const char *what) {
    const virError *error = virGetLastError();
    fprintf(stderr, "floor: %s: %s\n", what, error ? error->message : "failed");
    exit(1);
}

static void quiet(void *data, virErrorPtr error) {
    (void)data;
    (void)error;
}

// MARK: Files

static char *read_file(const char *path, size_t *size) {
    FILE *file = fopen(path, "re");
    struct stat facts;
    if (!file || fstat(fileno(file), &facts)) fail(path);
    char *bytes = malloc(facts.st_size + 1);
    if (fread(bytes, 1, facts.st_size, file) != (size_t)facts.st_size) fail(path);
    bytes[facts.st_size] = 0;
    if (size) *size = facts.st_size;
    fclose(file);
    return bytes;
}

typedef struct {
    char **paths;
    int count;
} Files;

static int has_suffix(const char *name, const char *suffix) {
    size_t length = strlen(name), rest = strlen(suffix);
    return length > rest && !strcmp(name + length - rest, suffix);
}

// The files of a folder that end in `suffix`; none where there is no such folder.
static Files files_in(const char *folder, const char *suffix) {
    Files files = {0};
    DIR *stream = opendir(folder);
    for (struct dirent *entry; stream && (entry = readdir(stream));) {
        if (!has_suffix(entry->d_name, suffix)) continue;
        if ((files.count & (files.count + 1)) == 0)
            files.paths = realloc(files.paths, sizeof(char *) * 2 * (files.count + 1));
        if (asprintf(&files.paths[files.count++], "%s/%s", folder, entry->d_name) < 0) abort();
    }
    if (stream) closedir(stream);
    return files;
}

static Files files_below(const char *folder, const char *name, const char *suffix) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return files_in(path, suffix);
}

// MARK: Several in flight

typedef struct {
    void (*body)(void *context, int index);
    void *context;
    int count;
    atomic_int next;
} Work;

static void *work_off(void *argument) {
    Work *work = argument;
    for (int index; (index = work->next++) < work->count;) work->body(work->context, index);
    return NULL;
}

static void in_flight(int count, void *context, void (*body)(void *, int)) {
    Work work = {.body = body, .context = context, .count = count};
    pthread_t threads[IN_FLIGHT];
    for (int i = 0; i < IN_FLIGHT; i++) pthread_create(&threads[i], NULL, work_off, &work);
    for (int i = 0; i < IN_FLIGHT; i++) pthread_join(threads[i], NULL);
}

// MARK: Hosts

// The node file of a simulated host whose objects are files of their own; without the domains.
static void write_node(FILE *node, const char *folder, int is_furnished) {
    fputs("<node>\n", node);
    Files networks = files_below(folder, "networks", ".xml");
    for (int i = 0; i < networks.count; i++) fprintf(node, "<network file='%s'/>\n", networks.paths[i]);
    char path[4096];
    snprintf(path, sizeof path, "%s/pools", folder);
    DIR *pools = opendir(path);
    for (struct dirent *entry; pools && (entry = readdir(pools));) {
        if (entry->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "%s/pools/%s/pool.xml", folder, entry->d_name);
        char *xml = read_file(path, NULL), *end = strstr(xml, "</pool>");
        if (!end) fail(path);
        *end = 0;
        fputs(strncmp(xml, "<?xml", 5) ? xml : strstr(xml, "?>") + 2, node);
        snprintf(path, sizeof path, "%s/pools/%s/volumes", folder, entry->d_name);
        Files volumes = is_furnished ? files_in(path, ".xml") : (Files){0};
        for (int i = 0; i < volumes.count; i++) fprintf(node, "<volume file='%s'/>\n", volumes.paths[i]);
        fputs("</pool>\n", node);
        free(xml);
    }
    if (pools) closedir(pools);
    fputs("</node>\n", node);
}

typedef struct {
    virConnectPtr connection;
    Files domains;
} Stored;

// As many calls as domains are quicker than one file with all of them, which takes one thread and much memory.
static void add_domain(void *context, int index) {
    Stored *stored = context;
    char *xml = read_file(stored->domains.paths[index], NULL);
    virDomainPtr domain = virDomainDefineXML(stored->connection, xml);
    if (!domain || (strstr(xml, ">1</test:runstate>") && virDomainCreate(domain))) fail("domain");
    virDomainFree(domain);
    free(xml);
}

static virConnectPtr open_host(const char *host, int is_read_only, int is_furnished) {
    char uri[4096], path[] = "/tmp/rigaud-floor.XXXXXX";
    int is_folder = host[0] == '/';
    if (is_folder) {
        FILE *node = fdopen(mkstemp(path), "w");
        write_node(node, host, is_furnished);
        fclose(node);
        snprintf(uri, sizeof uri, "test://%s", path);
    } else {
        snprintf(uri, sizeof uri, "%s", host);
    }
    // Domains can only be added where writing is allowed; this host is the process's own.
    virConnectPtr connection = is_read_only && !is_folder ? virConnectOpenReadOnly(uri) : virConnectOpen(uri);
    if (is_folder) unlink(path);
    if (!connection) fail(uri);
    if (is_folder && is_furnished) {
        Stored stored = {connection, files_below(host, "domains", ".xml")};
        in_flight(stored.domains.count, &stored, add_domain);
    }
    return connection;
}

// MARK: Plan

static void parse_manifest(const char *path) {
    size_t size;
    char *bytes = read_file(path, &size);
    yaml_parser_t parser;
    yaml_event_t event;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_string(&parser, (unsigned char *)bytes, size);
    for (int isDone = 0; !isDone;) {
        if (!yaml_parser_parse(&parser, &event)) fail(path);
        isDone = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    free(bytes);
}

static void parse_xml(char *xml) {
    if (!xml) fail("XML");
    xmlDocPtr document = xmlReadMemory(xml, strlen(xml), NULL, NULL, XML_PARSE_NONET);
    if (!document) fail("XML");
    xmlFreeDoc(document);
    free(xml);
}

typedef struct {
    virDomainPtr *all;
    int active;
} Domains;

// The active ones stand first: their live XML comes too.
static void read_domain(void *context, int index) {
    Domains *domains = context;
    parse_xml(virDomainGetXMLDesc(domains->all[index], VIR_DOMAIN_XML_INACTIVE));
    if (index < domains->active) parse_xml(virDomainGetXMLDesc(domains->all[index], 0));
    virDomainFree(domains->all[index]);
}

static void read_volume(void *context, int index) {
    virStorageVolPtr *volumes = context;
    parse_xml(virStorageVolGetXMLDesc(volumes[index], 0));
    virStorageVolFree(volumes[index]);
}

static void plan(const char *host, const char *manifests) {
    Files files = files_in(manifests, ".yaml");
    for (int i = 0; i < files.count; i++) parse_manifest(files.paths[i]);

    virConnectPtr connection = open_host(host, 1, 1);
    virDomainPtr *active, *inactive;
    int active_count = virConnectListAllDomains(connection, &active, VIR_CONNECT_LIST_DOMAINS_ACTIVE);
    int inactive_count = virConnectListAllDomains(connection, &inactive, VIR_CONNECT_LIST_DOMAINS_INACTIVE);
    if (active_count < 0 || inactive_count < 0) fail("list of domains");
    int count = active_count + inactive_count;
    Domains domains = {malloc(sizeof(virDomainPtr) * (count + 1)), active_count};
    memcpy(domains.all, active, sizeof *active * active_count);
    memcpy(domains.all + active_count, inactive, sizeof *inactive * inactive_count);
    in_flight(count, &domains, read_domain);

    virStoragePoolPtr *pools;
    int pool_count = virConnectListAllStoragePools(connection, &pools, 0);
    if (pool_count < 0) fail("list of pools");
    for (int i = 0; i < pool_count; i++) {
        parse_xml(virStoragePoolGetXMLDesc(pools[i], 0));
        virStorageVolPtr *volumes;
        int volume_count = virStoragePoolListAllVolumes(pools[i], &volumes, 0);
        if (volume_count < 0) fail("list of volumes");
        in_flight(volume_count, volumes, read_volume);
    }

    virNetworkPtr *networks;
    int network_count = virConnectListAllNetworks(connection, &networks, 0);
    if (network_count < 0) fail("list of networks");
    for (int i = 0; i < network_count; i++) parse_xml(virNetworkGetXMLDesc(networks[i], 0));
    fprintf(stderr, "%d domains\n", count);
    virConnectClose(connection);
}

// MARK: Apply

typedef struct {
    virConnectPtr connection;
    virStoragePoolPtr pool;
    char **domains, **volumes;
    int domain_count, volume_count;
} Objects;

static void make_object(void *context, int index) {
    Objects *objects = context;
    if (index < objects->volume_count) {
        virStorageVolPtr volume = virStorageVolCreateXML(objects->pool, objects->volumes[index], 0);
        if (!volume) fail("volume");
        virStorageVolFree(volume);
    }
    if (index < objects->domain_count) {
        virDomainPtr domain = virDomainDefineXML(objects->connection, objects->domains[index]);
        if (!domain || virDomainCreate(domain)) fail("domain");
        virDomainFree(domain);
    }
}

static char **read_all(Files files) {
    char **contents = malloc(sizeof(char *) * (files.count + 1));
    for (int i = 0; i < files.count; i++) contents[i] = read_file(files.paths[i], NULL);
    return contents;
}

static void apply(const char *host, const char *capture) {
    Files domains = files_below(capture, "domains", ".xml"), volumes = files_below(capture, "volumes", ".xml");
    Objects objects = {
        .connection = open_host(host, 0, 0), .domains = read_all(domains), .volumes = read_all(volumes),
        .domain_count = domains.count, .volume_count = volumes.count};
    virStoragePoolPtr *pools;
    if (virConnectListAllStoragePools(objects.connection, &pools, 0) < 1) fail("list of pools");
    objects.pool = pools[0];
    in_flight(domains.count > volumes.count ? domains.count : volumes.count, &objects, make_object);
    fprintf(stderr, "%d domains, %d volumes\n", domains.count, volumes.count);
    virConnectClose(objects.connection);
}

static void write_xml(const char *folder, const char *kind, int index, char *xml) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, kind);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/%s/%06d.xml", folder, kind, index);
    FILE *file = fopen(path, "we");
    if (!xml || !file || fputs(xml, file) < 0 || fclose(file)) fail(path);
    free(xml);
}

static void capture(const char *host, const char *folder) {
    virConnectPtr connection = open_host(host, 1, 1);
    mkdir(folder, 0755);
    virDomainPtr *domains;
    int count = virConnectListAllDomains(connection, &domains, 0), written = 0;
    for (int i = 0; i < count; i++) {
        // The simulated host inside a daemon has a domain from the start.
        if (strcmp(virDomainGetName(domains[i]), "test"))
            write_xml(folder, "domains", written++, virDomainGetXMLDesc(domains[i], VIR_DOMAIN_XML_INACTIVE));
    }
    virStoragePoolPtr *pools;
    int pool_count = virConnectListAllStoragePools(connection, &pools, 0);
    for (int i = 0, number = 0; i < pool_count; i++) {
        virStorageVolPtr *volumes;
        int volume_count = virStoragePoolListAllVolumes(pools[i], &volumes, 0);
        for (int j = 0; j < volume_count; j++)
            write_xml(folder, "volumes", number++, virStorageVolGetXMLDesc(volumes[j], 0));
    }
    virConnectClose(connection);
}

static void hold(const char *uri) {
    virConnectPtr connection = open_host(uri, 0, 1);
    puts("held");
    fflush(stdout);
    while (getchar() != EOF) {
    }
    virConnectClose(connection);
}

int main(int count, char **arguments) {
    virSetErrorFunc(NULL, quiet);
    if (virInitialize()) fail("libvirt");
    xmlInitParser();
    const char *verb = count > 1 ? arguments[1] : "";
    if (count == 4 && !strcmp(verb, "plan")) plan(arguments[2], arguments[3]);
    else if (count == 4 && !strcmp(verb, "apply")) apply(arguments[2], arguments[3]);
    else if (count == 4 && !strcmp(verb, "capture")) capture(arguments[2], arguments[3]);
    else if (count == 3 && !strcmp(verb, "hold")) hold(arguments[2]);
    else return fputs("usage: floor plan|apply|capture HOST FOLDER | hold URI\n", stderr), 64;
    return 0;
}

//! The package around an OpenDocument file: members by name, and the manifest (ODF 1.3 part 2).
//!
//! Owns: opening members, also encrypted ones; writing members and manifest anew.
//! Leaves to others: which members are wanted (`mod`), expanding (`bounded`), the cipher (`crypt`).

use std::collections::{BTreeMap, HashSet};

use quick_xml::Reader;
use quick_xml::events::Event;
use worker_protocol::{Reason, Threat};

use super::crypt::{Encryption, Secret};
use crate::zip_reader::{self, Entry, Packed};
use crate::zip_writer::{Body, Content, Writer};
use crate::{Refusal, Work, xml};

/// An opened package.
pub(super) struct Package<'a> {
    archive: &'a [u8],
    members: BTreeMap<String, Entry>,
    encrypted: BTreeMap<String, Encryption>,
    secret: Secret,
    /// Members that were asked for; the others are reported at the end.
    read: HashSet<String>,
    pub(super) has_foreign_bytes: bool,
}

impl<'a> Package<'a> {
    pub(super) fn open(archive: &'a [u8], work: &mut Work<'_>) -> Result<Self, Refusal> {
        let listing = zip_reader::read(archive, &work.budget.limits)?;
        work.budget.take_entries(listing.entries.len())?;
        let mut members = BTreeMap::new();
        for entry in listing.entries {
            let Ok(name) = std::str::from_utf8(&entry.untrusted_name) else { continue };
            let name = name.to_owned();
            if !entry.is_folder() && members.insert(name, entry).is_some() {
                return Err(Refusal::held(Reason::Damaged));
            }
        }
        let mut package = Self {
            archive,
            members,
            encrypted: BTreeMap::new(),
            secret: Secret::default(),
            read: HashSet::new(),
            has_foreign_bytes: listing.has_foreign_bytes,
        };
        package.read_manifest(work)?;
        Ok(package)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    /// The bytes of a member, decrypted where need be.
    pub(super) fn read(&mut self, name: &str, work: &mut Work<'_>) -> Result<Vec<u8>, Refusal> {
        self.read_packed(name, work).map(|(bytes, _)| bytes)
    }

    /// The bytes of a member, and how it was packed if that can be written again.
    pub(super) fn read_packed(
        &mut self,
        name: &str,
        work: &mut Work<'_>,
    ) -> Result<(Vec<u8>, Option<Packed<'a>>), Refusal> {
        let entry = self.members.get(name).ok_or(Refusal::held(Reason::Damaged))?;
        let (bytes, packed) = entry.expand_exactly(self.archive, work.budget)?;
        self.read.insert(name.to_owned());
        match self.encrypted.get(name) {
            None => Ok((bytes, packed)),
            Some(encryption) => {
                let opened = self.secret.open(encryption, &bytes, work)?;
                work.findings.add(Threat::Encryption, name);
                Ok((opened, None))
            }
        }
    }

    /// Names of members that nothing asked for, in order.
    pub(super) fn unread(&self) -> Vec<(String, u64)> {
        let unread = self.members.iter().filter(|(name, _)| !self.read.contains(*name));
        unread.map(|(name, entry)| (name.clone(), entry.expanded_bytes())).collect()
    }

    fn read_manifest(&mut self, work: &mut Work<'_>) -> Result<(), Refusal> {
        let damaged = Refusal::held(Reason::Damaged);
        const MANIFEST: &str = "META-INF/manifest.xml";
        let bytes = self.read(MANIFEST, work)?;
        let text = xml::decode(&bytes)?;
        let mut reader = Reader::from_str(&text);
        let mut current: Option<(String, Encryption)> = None;
        loop {
            match reader.read_event().map_err(|_| damaged)? {
                Event::Start(start) | Event::Empty(start) => {
                    let mut attributes = BTreeMap::new();
                    for attribute in start.attributes() {
                        let attribute = attribute.map_err(|_| damaged)?;
                        let value = xml::attribute_value(&attribute)?;
                        attributes.insert(attribute.key.local_name().as_ref().to_owned(), value);
                    }
                    let of = |name: &str| attributes.get(name).map(String::as_str);
                    match start.local_name().as_ref() {
                        "file-entry" => {
                            let size = of("size").and_then(|size| size.parse().ok());
                            current =
                                of("full-path").map(|path| (path.to_owned(), Encryption::of_size(size)));
                        }
                        "encryption-data" => {
                            if let Some((_, encryption)) = &mut current {
                                encryption.note_checksum(of("checksum-type"), of("checksum"));
                            }
                        }
                        // Encrypted for the holder of a key, which no password replaces.
                        "encrypted-key" | "keyinfo" | "KeyInfo" => {
                            return Err(Refusal::held(Reason::PasswordNeeded));
                        }
                        name @ ("algorithm" | "key-derivation" | "start-key-generation") => {
                            if let Some((_, encryption)) = &mut current {
                                encryption.note(name, &of);
                            }
                        }
                        _ => {}
                    }
                }
                Event::End(end) if end.local_name().as_ref() == "encryption-data" => {
                    if let Some((path, encryption)) = current.take() {
                        self.encrypted.insert(path, encryption);
                    }
                }
                Event::DocType(dtd) if dtd.contains('[') => return Err(damaged),
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }
}

/// A member of the clean package.
pub(super) struct Member<'a> {
    pub(super) name: String,
    pub(super) media_type: &'static str,
    pub(super) body: Body<'a>,
}

/// Packs these members: the media type first and stored, so that it stands at a fixed place; the manifest last.
pub(super) fn write(
    media_type: &str,
    version: &str,
    folders: &[(String, &'static str)],
    members: &[Member<'_>],
) -> Result<Vec<u8>, Refusal> {
    let mut manifest = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" manifest:version=\"{version}\">\n <manifest:file-entry manifest:full-path=\"/\" manifest:version=\"{version}\" manifest:media-type=\"{media_type}\"/>\n"
    );
    let listed = folders
        .iter()
        .map(|(name, media_type)| (name.as_str(), *media_type))
        .chain(members.iter().map(|member| (member.name.as_str(), member.media_type)));
    for (name, media_type) in listed {
        manifest.push_str(&format!(
            " <manifest:file-entry manifest:full-path=\"{}\" manifest:media-type=\"{media_type}\"/>\n",
            xml::escape_attribute(name)
        ));
    }
    manifest.push_str("</manifest:manifest>\n");
    let mut writer = Writer::default();
    writer.add("mimetype", &Content::Dense(media_type.as_bytes()))?;
    for member in members {
        writer.add(&member.name, &member.body.content())?;
    }
    writer.add("META-INF/manifest.xml", &Content::Plain(manifest.as_bytes()))?;
    writer.finish()
}
